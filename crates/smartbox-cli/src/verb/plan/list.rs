//! `smartbox plan list`.

use smartbox_api::{PlanList, PlanView};
use smartbox_core::ledger::Measure;

use crate::Outcome;
use crate::args::Limit;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Lists every plan.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let plans: PlanList = client.get(Route::v1(&["plans"])).await?;
    if console.wants_json() {
        console.json(&plans).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 5]> = plans.items.iter().map(row).collect();
    console.text(&table::columns(["PLAN", "BOXES", "BANDWIDTH", "TOKENS", "MONEY"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(plan: &PlanView) -> [String; 5] {
    let mark = if plan.is_default { " (default)" } else { "" };
    [
        format!("{}{mark}", plan.name),
        plan.boxes_max.map_or_else(|| "no limit".to_owned(), |max| max.to_string()),
        Limit(Measure::Bandwidth, plan.limits.bandwidth_bytes).to_string(),
        Limit(Measure::Tokens, plan.limits.tokens).to_string(),
        Limit(Measure::Money, plan.limits.money_nanos).to_string(),
    ]
}
