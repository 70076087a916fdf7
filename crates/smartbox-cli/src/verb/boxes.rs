//! `smartbox box …`.

pub(super) mod change;
mod channels;
mod clone;
mod config;
mod create;
mod delete;
mod import;
mod list;
mod set;
mod show;
mod timeline;
mod upgrade;

use clap::Subcommand;

use crate::Outcome;
use crate::args::BoxReference;
use crate::client::Client;
use crate::console::Console;
use change::{Change, ChangeArgs, SleepArgs};

pub(super) use config::document;
pub(super) use set::told;

/// Commands about boxes.
#[derive(Debug, Subcommand)]
pub enum BoxCommand {
    /// Create a box and wait until it runs; its id is printed
    Create(create::CreateArgs),
    /// Make a box like another, with its state and an identity of its own, and wait until it runs; its id is printed
    Clone(clone::CloneArgs),
    /// Make a box of an archive, as `smartbox backup download` writes it, and wait until it runs; its id is printed
    Import(import::ImportArgs),
    /// List your boxes
    List(list::ListArgs),
    /// Show a box: its state, what went wrong, what to do
    Show(show::ShowArgs),
    /// Start a box and wait until it runs; brings a deleted box back in its grace period
    Start(ChangeArgs),
    /// Stop a box and wait until it has stopped; its data is kept
    Stop(ChangeArgs),
    /// Stop and start a box and wait until it runs
    Restart(ChangeArgs),
    /// Put a box to sleep when it has done what it does; whoever needs it wakes it
    Sleep(SleepArgs),
    /// Wake a box and wait until it answers
    Wake(ChangeArgs),
    /// Free the disk of a box that sleeps or is stopped; its last backup is read back first, and comes back at its next start
    Archive(ChangeArgs),
    /// Change when a box sleeps
    Set(set::SetArgs),
    /// Let the channels and jobs of a box run, which are off in a copy, or not
    Channels(channels::ChannelsArgs),
    /// Show and change what you add to a box's configuration; its gateway has the old one back if it is not well
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Give a box a newer agent runtime; it comes back as it was if it is not well on it
    Upgrade(upgrade::UpgradeArgs),
    /// Delete a box; it can be brought back in a grace period
    Delete(delete::DeleteArgs),
    /// Show what happened to a box, who did it and why
    Timeline(timeline::TimelineArgs),
}

/// Carries out a command about boxes.
pub(super) async fn run(client: &Client, command: BoxCommand, console: &mut Console) -> Outcome {
    match command {
        BoxCommand::Create(args) => create::run(client, args, console).await,
        BoxCommand::Clone(args) => clone::run(client, args, console).await,
        BoxCommand::Import(args) => import::run(client, args, console).await,
        BoxCommand::List(args) => list::run(client, &args, console).await,
        BoxCommand::Show(args) => show::run(client, &args, console).await,
        BoxCommand::Start(args) => change::run(client, Change::Start, &args, console).await,
        BoxCommand::Stop(args) => change::run(client, Change::Stop, &args, console).await,
        BoxCommand::Restart(args) => change::run(client, Change::Restart, &args, console).await,
        BoxCommand::Sleep(args) => change::sleep(client, &args, console).await,
        BoxCommand::Wake(args) => change::run(client, Change::Wake, &args, console).await,
        BoxCommand::Archive(args) => change::run(client, Change::Archive, &args, console).await,
        BoxCommand::Set(args) => set::run(client, args, console).await,
        BoxCommand::Channels(args) => channels::run(client, &args, console).await,
        BoxCommand::Config(command) => config::run(client, command, console).await,
        BoxCommand::Upgrade(args) => upgrade::run(client, &args, console).await,
        BoxCommand::Delete(args) => delete::run(client, &args, console).await,
        BoxCommand::Timeline(args) => timeline::run(client, &args, console).await,
    }
}

/// The box an argument names.
#[derive(Debug, clap::Args)]
pub(crate) struct BoxArgument {
    /// Name or id of the box; your default box if left out
    #[arg(value_name = "BOX")]
    reference: Option<BoxReference>,
}

impl BoxArgument {
    pub(super) fn reference(&self) -> BoxReference {
        self.reference.clone().unwrap_or_default()
    }
}
