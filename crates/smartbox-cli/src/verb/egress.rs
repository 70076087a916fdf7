//! `smartbox egress …`.

mod change;
mod show;
mod test;

use clap::Subcommand;

use super::BoxFlag;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about what a box may reach.
#[derive(Debug, Subcommand)]
pub enum EgressCommand {
    /// Show the rules of platform, org and box
    Show(show::ShowArgs),
    /// Let a box reach a host; the new rule comes before the others of the box
    Allow(change::AddArgs),
    /// Keep a box from a host; the new rule comes before the others of the box
    Deny(change::AddArgs),
    /// Take a rule of the box away
    Remove(change::RemoveArgs),
    /// Say whether the rules let a box reach a host; nothing is sent to it
    Test(test::TestArgs),
}

/// Carries out a command about what a box may reach.
pub(super) async fn run(client: &Client, command: EgressCommand, console: &mut Console) -> Outcome {
    match command {
        EgressCommand::Show(args) => show::run(client, &args, console).await,
        EgressCommand::Allow(args) => change::add(client, "allow", &args, console).await,
        EgressCommand::Deny(args) => change::add(client, "deny", &args, console).await,
        EgressCommand::Remove(args) => change::remove(client, &args, console).await,
        EgressCommand::Test(args) => test::run(client, &args, console).await,
    }
}
