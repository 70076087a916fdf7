//! `smartbox support …`.

mod end;
mod list;
mod open;

use clap::Subcommand;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about support access.
#[derive(Debug, Subcommand)]
pub enum SupportCommand {
    /// Open support access in the name of a person; its credential is printed, this once (admins of the platform only)
    Open(open::OpenArgs),
    /// List support access in your name, or to your org if you manage its people
    List(list::ListArgs),
    /// End support access at once
    End(end::EndArgs),
}

/// Carries out a command about support access.
pub(super) async fn run(client: &Client, command: SupportCommand, console: &mut Console) -> Outcome {
    match command {
        SupportCommand::Open(args) => open::run(client, args, console).await,
        SupportCommand::List(args) => list::run(client, &args, console).await,
        SupportCommand::End(args) => end::run(client, &args, console).await,
    }
}
