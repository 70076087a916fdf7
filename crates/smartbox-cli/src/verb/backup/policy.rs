//! `smartbox backup policy …`.

mod set;
mod show;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::verb::BoxFlag;

/// Commands about when backups are made and which are kept.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Show what holds for a box and who says so, or what an org or a tier decides
    Show(show::ShowArgs),
    /// Decide something about backups; what no flag names stays as it is
    Set(set::SetArgs),
}

/// Carries out a command about policies.
pub(super) async fn run(client: &Client, command: PolicyCommand, console: &mut Console) -> Outcome {
    match command {
        PolicyCommand::Show(args) => show::run(client, &args, console).await,
        PolicyCommand::Set(args) => set::run(client, args, console).await,
    }
}

/// Whom a policy is about. A box if none is given.
#[derive(Clone, Debug, Args)]
struct Scope {
    #[command(flatten)]
    smartbox: BoxFlag,
    /// All boxes of this org, name or id; `me` is your own
    #[arg(long, value_name = "ORG", conflicts_with_all = ["reference", "tier"])]
    org: Option<String>,
    /// All boxes of this tier; for the platform's admin
    #[arg(long, value_name = "TIER", conflicts_with = "reference")]
    tier: Option<String>,
}

impl Scope {
    fn path(&self) -> [String; 3] {
        let (kind, name) = match (&self.org, &self.tier) {
            (Some(org), _) => ("orgs", org.clone()),
            (None, Some(tier)) => ("tiers", tier.clone()),
            (None, None) => ("boxes", self.smartbox.reference().as_str().to_owned()),
        };
        [kind.to_owned(), name, "backup-policy".to_owned()]
    }
}
