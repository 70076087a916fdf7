//! `smartbox token …`.

mod create;
mod list;
mod revoke;

use clap::Subcommand;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about service tokens, the credentials of programs.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create a service token; it is printed, this once
    Create(create::CreateArgs),
    /// List the service tokens of an org
    List(list::ListArgs),
    /// End a service token at once
    Revoke(revoke::RevokeArgs),
}

/// Carries out a command about service tokens.
pub(super) async fn run(client: &Client, command: TokenCommand, console: &mut Console) -> Outcome {
    match command {
        TokenCommand::Create(args) => create::run(client, args, console).await,
        TokenCommand::List(args) => list::run(client, &args, console).await,
        TokenCommand::Revoke(args) => revoke::run(client, &args, console).await,
    }
}
