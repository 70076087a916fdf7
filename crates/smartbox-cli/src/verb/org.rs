//! `smartbox org …`.

mod create;
mod list;
mod set;

use clap::Subcommand;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about orgs, the owners of boxes.
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// Create an org; its id is printed
    Create(create::CreateArgs),
    /// List every org
    List,
    /// Change how an org treats the devices of its people
    Set(set::SetArgs),
}

/// Carries out a command about orgs.
pub(super) async fn run(client: &Client, command: OrgCommand, console: &mut Console) -> Outcome {
    match command {
        OrgCommand::Create(args) => create::run(client, args, console).await,
        OrgCommand::List => list::run(client, console).await,
        OrgCommand::Set(args) => set::run(client, args, console).await,
    }
}
