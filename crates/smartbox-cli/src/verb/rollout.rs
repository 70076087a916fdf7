//! `smartbox rollout …`.

mod list;
mod show;
mod start;
mod stop;

use clap::{Args, Subcommand};
use smartbox_api::RolloutView;
use smartbox_core::RolloutId;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::table::{self, cell};

/// Commands about upgrades of many boxes.
#[derive(Debug, Subcommand)]
pub enum RolloutCommand {
    /// Upgrade many boxes in waves, until too many fail; waits for the end
    Start(start::StartArgs),
    /// List the newest rollouts
    List,
    /// Show how a rollout goes with each box
    Show(RolloutArgument),
    /// End a rollout: no further box is begun
    Stop(RolloutArgument),
}

/// The rollout that a command is about.
#[derive(Debug, Args)]
pub struct RolloutArgument {
    /// Its id (rol_…)
    #[arg(value_name = "ROLLOUT")]
    id: RolloutId,
}

/// Carries out a command about rollouts.
pub(super) async fn run(client: &Client, command: RolloutCommand, console: &mut Console) -> Outcome {
    match command {
        RolloutCommand::Start(args) => start::run(client, args, console).await,
        RolloutCommand::List => list::run(client, console).await,
        RolloutCommand::Show(args) => show::run(client, &args, console).await,
        RolloutCommand::Stop(args) => stop::run(client, &args, console).await,
    }
}

/// How it goes with each box, one a line.
fn boxes(rollout: &RolloutView) -> String {
    let row = |one: &smartbox_api::RolloutBoxView| {
        [one.name.clone(), one.state.clone(), cell(one.detail.as_deref().unwrap_or_default(), 200)]
    };
    let rows: Vec<[String; 3]> = rollout.boxes.iter().map(row).collect();
    table::columns(["BOX", "STATE", "WHY"], &rows)
}
