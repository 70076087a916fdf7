//! `smartbox platform …`.

mod list;

use clap::Subcommand;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about platforms that share a database.
#[derive(Debug, Subcommand)]
pub enum PlatformCommand {
    /// List them, with the boxes that each keeps (admins only)
    List,
}

/// Carries out a command about platforms.
pub(super) async fn run(client: &Client, command: PlatformCommand, console: &mut Console) -> Outcome {
    match command {
        PlatformCommand::List => list::run(client, console).await,
    }
}
