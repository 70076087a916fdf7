//! `smartbox model provider …`.

mod remove;
mod set;

use clap::Subcommand;

use super::scope::ScopeArgs;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about providers of models.
#[derive(Debug, Subcommand)]
pub enum ProviderCommand {
    /// Make or replace a provider; it counts from the next call on
    #[command(alias = "add")]
    Set(set::SetArgs),
    /// Take a provider and its key away
    Remove(remove::RemoveArgs),
}

/// Carries out a command about providers.
pub(super) async fn run(client: &Client, command: ProviderCommand, console: &mut Console) -> Outcome {
    match command {
        ProviderCommand::Set(args) => set::run(client, args, console).await,
        ProviderCommand::Remove(args) => remove::run(client, &args, console).await,
    }
}
