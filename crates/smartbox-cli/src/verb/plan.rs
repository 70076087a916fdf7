//! `smartbox plan …`.

mod change;
mod list;
mod remove;
mod show;

use clap::Subcommand;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about plans: what an org may use in a month, and what more costs.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// List plans
    List,
    /// Show a plan
    Show(PlanArgument),
    /// Create a plan; only the platform's admin may
    Create(change::ChangeArgs),
    /// Change some of what a plan says; the rest stays. Only the platform's admin may
    Set(change::ChangeArgs),
    /// Remove a plan that no org has; only the platform's admin may
    Remove(PlanArgument),
}

/// Carries out a command about plans.
pub(super) async fn run(client: &Client, command: PlanCommand, console: &mut Console) -> Outcome {
    match command {
        PlanCommand::List => list::run(client, console).await,
        PlanCommand::Show(plan) => show::run(client, &plan.plan, console).await,
        PlanCommand::Create(args) => change::create(client, &args, console).await,
        PlanCommand::Set(args) => change::set(client, &args, console).await,
        PlanCommand::Remove(plan) => remove::run(client, &plan.plan, console).await,
    }
}

/// The plan an argument names.
#[derive(Debug, clap::Args)]
pub struct PlanArgument {
    /// Name of the plan
    #[arg(value_name = "PLAN")]
    plan: String,
}
