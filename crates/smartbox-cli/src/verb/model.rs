//! `smartbox model …`.

mod calls;
mod list;
mod provider;
mod rules;
mod scope;

use clap::Subcommand;

use super::BoxFlag;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about models: who serves them, what may be asked for, what was asked.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List who serves models, the nearest first
    List(list::ListArgs),
    /// Set and remove providers: compatible servers, with your own keys
    #[command(subcommand)]
    Provider(provider::ProviderCommand),
    /// Show and change what may be asked for, how often, and where a call goes on when a model fails
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// List what a box has asked models, and what it cost
    Calls(calls::CallsArgs),
}

/// Carries out a command about models.
pub(super) async fn run(client: &Client, command: ModelCommand, console: &mut Console) -> Outcome {
    match command {
        ModelCommand::List(args) => list::run(client, &args, console).await,
        ModelCommand::Provider(command) => provider::run(client, command, console).await,
        ModelCommand::Rules(command) => rules::run(client, command, console).await,
        ModelCommand::Calls(args) => calls::run(client, &args, console).await,
    }
}
