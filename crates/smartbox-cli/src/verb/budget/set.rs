//! `smartbox budget set`.

use clap::Args;
use smartbox_api::{BudgetCaps, BudgetView, SetBudget};
use smartbox_core::ledger::Measure;

use super::Whose;
use super::show::{fetch, tell};
use crate::Outcome;
use crate::args::Amount;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `budget set`.
#[derive(Debug, Args)]
#[group(id = "budget_changes", required = true, multiple = true, args = ["day", "month"])]
pub struct SetArgs {
    #[command(flatten)]
    whose: Whose,
    /// Most in a day: `bandwidth=1GiB`, `tokens=1M`, `money=5.00`; `tokens=none` takes the limit away
    #[arg(long, value_name = "WHAT=AMOUNT")]
    day: Vec<Amount>,
    /// Most in a calendar month
    #[arg(long, value_name = "WHAT=AMOUNT")]
    month: Vec<Amount>,
}

/// Changes a budget, against the version that was read.
pub(super) async fn run(client: &Client, args: &SetArgs, console: &mut Console) -> Outcome {
    let before = fetch(client, &args.whose).await?;
    let mut body = SetBudget { day: before.day, month: before.month };
    change(&mut body.day, &args.day)?;
    change(&mut body.month, &args.month)?;
    let path = args.whose.path();
    let view: BudgetView = client.replace(Route::v1(&path), &body, before.version).await?;
    tell(&view, console).await
}

fn change(caps: &mut BudgetCaps, amounts: &[Amount]) -> Result<(), Failure> {
    for amount in amounts {
        match amount.measure {
            Measure::Bandwidth => caps.bytes = amount.value,
            Measure::Tokens => caps.tokens = amount.value,
            Measure::Money => caps.money_nanos = amount.value,
            other @ (Measure::Cpu | Measure::Memory | Measure::Storage) => {
                let problem = format!("a budget has no `{other}`: it limits bandwidth, tokens and money");
                return Err(Failure::new(Exit::Usage, problem));
            }
        }
    }
    Ok(())
}
