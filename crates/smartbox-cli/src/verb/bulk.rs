//! `smartbox bulk …`.

mod list;
mod patch;
mod restart;
mod show;
mod start;
mod stop;

use clap::{Args, Subcommand};
use smartbox_api::BulkRunView;
use smartbox_core::BulkId;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::table::{self, cell};

/// Commands about what is done with many boxes.
#[derive(Debug, Subcommand)]
pub enum BulkCommand {
    /// Restart many boxes that run, one after the other; waits for the end
    Restart(restart::RestartArgs),
    /// Patch the configurations of many boxes, one after the other; waits for the end
    PatchConfig(patch::PatchArgs),
    /// List the newest runs
    List,
    /// Show how a run goes with each box
    Show(BulkArgument),
    /// End a run: no further box is begun
    Stop(BulkArgument),
}

/// The run that a command is about.
#[derive(Debug, Args)]
pub struct BulkArgument {
    /// Its id (blk_…)
    #[arg(value_name = "RUN")]
    id: BulkId,
}

/// Carries out a command about what is done with many boxes.
pub(super) async fn run(client: &Client, command: BulkCommand, console: &mut Console) -> Outcome {
    match command {
        BulkCommand::Restart(args) => restart::run(client, args, console).await,
        BulkCommand::PatchConfig(args) => patch::run(client, args, console).await,
        BulkCommand::List => list::run(client, console).await,
        BulkCommand::Show(args) => show::run(client, &args, console).await,
        BulkCommand::Stop(args) => stop::run(client, &args, console).await,
    }
}

/// How it goes with each box, one a line.
fn boxes(run: &BulkRunView) -> String {
    let row = |one: &smartbox_api::BulkBoxView| {
        [one.name.clone(), one.state.clone(), cell(one.detail.as_deref().unwrap_or_default(), 200)]
    };
    let rows: Vec<[String; 3]> = run.boxes.iter().map(row).collect();
    table::columns(["BOX", "STATE", "WHY"], &rows)
}
