//! `smartbox budget …`.

mod set;
mod show;

use clap::Subcommand;

use crate::Outcome;
use crate::args::BoxReference;
use crate::client::Client;
use crate::console::Console;

/// Commands about budgets.
#[derive(Debug, Subcommand)]
pub enum BudgetCommand {
    /// Show the budget of a box or an org, and how much of it is spent
    Show(Whose),
    /// Change some limits of a budget; the others stay
    Set(set::SetArgs),
}

/// Carries out a command about budgets.
pub(super) async fn run(client: &Client, command: BudgetCommand, console: &mut Console) -> Outcome {
    match command {
        BudgetCommand::Show(whose) => show::run(client, &whose, console).await,
        BudgetCommand::Set(args) => set::run(client, &args, console).await,
    }
}

/// Whose budget a command is about.
#[derive(Debug, clap::Args)]
pub struct Whose {
    /// Name or id of a box; the org's own budget if left out
    #[arg(long = "box", short = 'b', value_name = "BOX", conflicts_with = "org")]
    smartbox: Option<BoxReference>,
    /// Name or id of an org; your own if left out. The platform's admin has none and names one
    #[arg(long, value_name = "ORG", default_value = "me")]
    org: String,
}

impl Whose {
    fn path(&self) -> [&str; 3] {
        match &self.smartbox {
            Some(reference) => ["boxes", reference.as_str(), "budget"],
            None => ["orgs", &self.org, "budget"],
        }
    }
}
