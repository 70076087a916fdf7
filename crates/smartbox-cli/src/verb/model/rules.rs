//! `smartbox model rules …`.

mod set;
mod show;

use clap::Subcommand;

use super::scope::ScopeArgs;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about the rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Show the rules of your org, of a box, or of the platform
    Show(show::ShowArgs),
    /// Change some of them; the others stay
    Set(set::SetArgs),
}

/// Carries out a command about the rules.
pub(super) async fn run(client: &Client, command: RulesCommand, console: &mut Console) -> Outcome {
    match command {
        RulesCommand::Show(args) => show::run(client, &args, console).await,
        RulesCommand::Set(args) => set::run(client, args, console).await,
    }
}
