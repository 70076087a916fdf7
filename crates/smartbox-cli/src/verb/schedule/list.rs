//! `smartbox schedule list`.

use clap::Args;
use smartbox_api::{ScheduleList, ScheduleView};

use super::{TEXT_MAX, next, when};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, columns};
use crate::verb::BoxFlag;

/// Flags of `schedule list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Lists the schedules of a box.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let list: ScheduleList = client.get(Route::v1(&["boxes", reference.as_str(), "schedules"])).await?;
    if console.wants_json() {
        console.json(&list).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 6]> = list.items.iter().map(row).collect();
    console.text(&columns(["ID", "NAME", "WHEN", "NEXT", "WHAT", "LAST"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(schedule: &ScheduleView) -> [String; 6] {
    let what = match (&schedule.wake, &schedule.message) {
        (Some(wake), _) => format!("wake for {} min", wake.minutes),
        (None, Some(message)) => {
            format!("say: {}", cell(message.text.as_deref().unwrap_or("(not shown to you)"), TEXT_MAX))
        }
        (None, None) => String::new(),
    };
    let last = schedule.last_run.as_ref().map(|run| match &run.error {
        Some(error) => format!("{}: {}", run.state, cell(error, TEXT_MAX)),
        None => run.state.clone(),
    });
    [
        schedule.id.clone(),
        cell(&schedule.name, TEXT_MAX),
        when(schedule),
        next(schedule),
        what,
        last.unwrap_or_default(),
    ]
}
