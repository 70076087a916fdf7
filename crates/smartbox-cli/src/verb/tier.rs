//! `smartbox tier …`.

mod list;
mod set;

use clap::Subcommand;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about tiers, the sizes of boxes.
#[derive(Debug, Subcommand)]
pub enum TierCommand {
    /// List the sizes a box can have
    List,
    /// Change when the boxes of a tier sleep
    Set(set::SetArgs),
}

/// Carries out a command about tiers.
pub(super) async fn run(client: &Client, command: TierCommand, console: &mut Console) -> Outcome {
    match command {
        TierCommand::List => list::run(client, console).await,
        TierCommand::Set(args) => set::run(client, args, console).await,
    }
}
