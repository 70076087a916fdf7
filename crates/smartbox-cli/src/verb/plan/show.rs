//! `smartbox plan show`.

use smartbox_api::PlanView;
use smartbox_core::ledger::Measure;

use crate::Outcome;
use crate::args::{Limit, money};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{facts, moment};

/// Shows a plan.
pub(super) async fn run(client: &Client, name: &str, console: &mut Console) -> Outcome {
    let plan: PlanView = client.get(Route::v1(&["plans", name])).await?;
    tell(&plan, console).await
}

/// Prints it.
pub(super) async fn tell(plan: &PlanView, console: &mut Console) -> Outcome {
    if console.wants_json() {
        console.json(plan).await?;
    } else {
        console.text(&describe(plan)).await?;
    }
    Ok(Exit::Success)
}

fn describe(plan: &PlanView) -> String {
    let (limits, rates) = (&plan.limits, &plan.rates);
    let line = |measure: Measure, limit: Option<u64>, rate: u64, unit: &str| {
        let more = match (limit, rate) {
            (None, _) => String::new(),
            (_, 0) if plan.overage_is_free => ", more is free".to_owned(),
            (_, 0) => ", no more".to_owned(),
            (_, rate) => format!(", more for {} a {unit}", money(rate)),
        };
        format!("{}{more}", Limit(measure, limit))
    };
    facts(&[
        ("Plan", plan.name.clone()),
        ("Default", if plan.is_default { "yes" } else { "no" }.to_owned()),
        ("Boxes", plan.boxes_max.map_or_else(|| "no limit".to_owned(), |max| max.to_string())),
        ("Bandwidth", line(Measure::Bandwidth, limits.bandwidth_bytes, rates.bandwidth_gib, "GiB")),
        ("Tokens", line(Measure::Tokens, limits.tokens, rates.million_tokens, "million")),
        ("Money", line(Measure::Money, limits.money_nanos, rates.money_dollar, "dollar")),
        ("CPU", line(Measure::Cpu, limits.cpu_ms, rates.cpu_hour, "CPU hour")),
        ("Memory", line(Measure::Memory, limits.memory_mib_seconds, rates.memory_gib_hour, "GiB-hour")),
        ("Storage", line(Measure::Storage, limits.storage_bytes, rates.storage_gib, "GiB")),
        ("Version", plan.version.to_string()),
        ("Changed", format!("{} by {}", moment(&plan.changed_at), plan.changed_by)),
    ])
}
