//! `smartbox runtime …`.

mod install;
mod list;
mod remove;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about versions of the agent runtime.
#[derive(Debug, Subcommand)]
pub enum RuntimeCommand {
    /// List the versions that are installed or can be, and how many boxes are pinned to each
    List,
    /// Install a version and wait until boxes can have it (admins only)
    Install(install::InstallArgs),
    /// Remove a version that no box is pinned to (admins only)
    Remove(VersionArgument),
}

/// The version that a command is about.
#[derive(Debug, Args)]
pub struct VersionArgument {
    /// OpenClaw's version, such as 2026.9.6
    #[arg(value_name = "VERSION", value_parser = version)]
    version: String,
}

/// A version, which becomes part of a path.
pub(super) fn version(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    let is_version = text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(fits);
    if is_version { Ok(text.to_owned()) } else { Err("a version looks like 2026.9.6".to_owned()) }
}

/// Carries out a command about versions of the agent runtime.
pub(super) async fn run(client: &Client, command: RuntimeCommand, console: &mut Console) -> Outcome {
    match command {
        RuntimeCommand::List => list::run(client, console).await,
        RuntimeCommand::Install(args) => install::run(client, &args, console).await,
        RuntimeCommand::Remove(args) => remove::run(client, &args, console).await,
    }
}
