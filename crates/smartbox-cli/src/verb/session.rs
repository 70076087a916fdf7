//! `smartbox session …`.

mod list;
mod revoke;

use clap::Subcommand;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about sessions, the browsers that are signed in.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List your sessions, or somebody's
    List(list::ListArgs),
    /// End a session at once
    Revoke(revoke::RevokeArgs),
}

/// Carries out a command about sessions.
pub(super) async fn run(client: &Client, command: &SessionCommand, console: &mut Console) -> Outcome {
    match command {
        SessionCommand::List(args) => list::run(client, args, console).await,
        SessionCommand::Revoke(args) => revoke::run(client, args, console).await,
    }
}
