//! `smartbox schedule …`.

mod add;
mod list;
mod plan;
mod remove;
mod set;

use clap::Subcommand;
use smartbox_api::ScheduleView;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::table::{cell, moment};

/// Most characters of a text that are shown.
const TEXT_MAX: usize = 60;

/// Commands about schedules: what happens in a box by the clock.
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// List the schedules of a box
    List(list::ListArgs),
    /// Add a schedule: wake the box, or say something to its agent; its id is printed
    Add(add::AddArgs),
    /// Change a schedule
    Set(set::SetArgs),
    /// Remove a schedule
    Remove(remove::RemoveArgs),
}

/// Carries out a command about schedules.
pub(super) async fn run(client: &Client, command: ScheduleCommand, console: &mut Console) -> Outcome {
    match command {
        ScheduleCommand::List(args) => list::run(client, &args, console).await,
        ScheduleCommand::Add(args) => add::run(client, args, console).await,
        ScheduleCommand::Set(args) => set::run(client, args, console).await,
        ScheduleCommand::Remove(args) => remove::run(client, &args, console).await,
    }
}

/// The schedule an argument names. An id is checked before anything is sent: it stands in a path.
fn schedule_id(text: &str) -> Result<String, String> {
    text.parse::<smartbox_core::ScheduleId>()
        .map(|id| id.to_string())
        .map_err(|_error| "not the id of a schedule (sch_…); `smartbox schedule list` shows them".to_owned())
}

/// When it is, in a word.
fn when(schedule: &ScheduleView) -> String {
    match (&schedule.cron, &schedule.at) {
        (Some(cron), _) => format!("{} {}", cell(cron, TEXT_MAX), schedule.time_zone),
        (None, Some(at)) => moment(at),
        (None, None) => String::new(),
    }
}

/// When it is due next, in a word.
fn next(schedule: &ScheduleView) -> String {
    match &schedule.next_at {
        _ if !schedule.enabled => "off".to_owned(),
        Some(at) => moment(at),
        None => "never".to_owned(),
    }
}
