//! `smartbox egress …`.

mod change;
mod scope;
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
    /// Show the rules of platform, tier, org and box, or those of one of them alone
    Show(show::ShowArgs),
    /// Let boxes reach a host; the new rule comes before the others
    Allow(change::AddArgs),
    /// Keep boxes from a host; the new rule comes before the others
    Deny(change::AddArgs),
    /// Take a rule away
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
