//! `smartbox secret …`.

mod inject;
mod list;
mod remove;
mod rotate_key;
mod rules;
mod set;

use clap::{Args, Subcommand};

use super::BoxFlag;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about secrets: values that boxes may use and never see.
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// List the secrets that a box has; values are never shown
    List(list::ListArgs),
    /// Set a secret; its value comes from standard input or a file, never from the command line
    Set(set::SetArgs),
    /// Remove a secret
    Remove(remove::RemoveArgs),
    /// Show where secrets are put in
    Rules(rules::RulesArgs),
    /// Put a secret into requests to one host, where its placeholder stands; the new rule comes last
    Inject(inject::InjectArgs),
    /// Take a rule away that puts a secret in
    Withdraw(inject::WithdrawArgs),
    /// Seal everything with a new key, and take the old one away; for the platform's admin
    RotateKey,
}

/// Whose secrets.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhoseFlags {
    #[command(flatten)]
    smartbox: BoxFlag,
    /// For all boxes of this org, name or id, in the place of one box; `me` is your own
    #[arg(long, value_name = "ORG", conflicts_with = "reference")]
    org: Option<String>,
}

impl WhoseFlags {
    /// The beginning of the path of what belongs to it.
    fn path(&self) -> [String; 2] {
        match &self.org {
            Some(org) => ["orgs".to_owned(), org.clone()],
            None => ["boxes".to_owned(), self.smartbox.reference().as_str().to_owned()],
        }
    }
}

/// Carries out a command about secrets.
pub(super) async fn run(client: &Client, command: SecretCommand, console: &mut Console) -> Outcome {
    match command {
        SecretCommand::List(args) => list::run(client, &args, console).await,
        SecretCommand::Set(args) => set::run(client, &args, console).await,
        SecretCommand::Remove(args) => remove::run(client, &args, console).await,
        SecretCommand::Rules(args) => rules::run(client, &args, console).await,
        SecretCommand::Inject(args) => inject::inject(client, &args, console).await,
        SecretCommand::Withdraw(args) => inject::withdraw(client, &args, console).await,
        SecretCommand::RotateKey => rotate_key::run(client, console).await,
    }
}

/// The name an argument gives. It is checked before anything is sent: it stands in a path.
fn secret_name(text: &str) -> Result<String, String> {
    text.parse::<smartbox_core::SecretName>().map(|name| name.to_string()).map_err(|bad| bad.to_string())
}
