//! `smartbox org …`.

mod create;
mod export;
mod hold;
mod list;
mod set;
mod show;

use clap::Subcommand;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Commands about orgs, the owners of boxes.
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// Create an org; its id is printed
    Create(create::CreateArgs),
    /// List every org
    List,
    /// Show an org: how its boxes sleep, and what keeps them from waking
    Show(show::ShowArgs),
    /// Change how an org treats the devices of its people, and when its boxes sleep
    Set(set::SetArgs),
    /// Save everything that belongs to your org to this machine, with the newest good backup of each box
    Export(export::ExportArgs),
    /// Keep every box of an org from waking, whoever asks; what runs goes on
    Hold(hold::HoldArgs),
    /// Take such a hold away
    Release(hold::ReleaseArgs),
}

/// Carries out a command about orgs.
pub(super) async fn run(client: &Client, command: OrgCommand, console: &mut Console) -> Outcome {
    match command {
        OrgCommand::Create(args) => create::run(client, args, console).await,
        OrgCommand::List => list::run(client, console).await,
        OrgCommand::Show(args) => show::run(client, &args, console).await,
        OrgCommand::Set(args) => set::run(client, args, console).await,
        OrgCommand::Export(args) => export::run(client, &args, console).await,
        OrgCommand::Hold(args) => hold::run(client, args, console).await,
        OrgCommand::Release(args) => hold::release(client, &args, console).await,
    }
}

/// What stands for the caller's own org in a path.
const OWN: &str = "me";

/// The org in the path of a request.
fn reference(named: Option<&str>) -> Result<&str, Failure> {
    match named.unwrap_or(OWN) {
        "" | "." | ".." => {
            Err(Failure::new(Exit::Usage, "This is neither an org's name nor its id (org_…)."))
        }
        org => Ok(org),
    }
}

/// The platform's admin has no org, and is told to name one.
fn name_it(failure: Failure, named: Option<&str>, verb: &str) -> Failure {
    match failure.exit() {
        Exit::NotFound if named.is_none() => failure
            .help(format!("Name the org: `smartbox org {verb} ORG`. `smartbox org list` shows every one.")),
        _ => failure,
    }
}
