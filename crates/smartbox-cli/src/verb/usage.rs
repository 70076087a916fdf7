//! `smartbox usage`.

use clap::Args;
use smartbox_api::{PlanLimits, UsageSums, UsageView};
use smartbox_core::ledger::Measure;

use crate::Outcome;
use crate::args::{BoxReference, Limit, money};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, columns, facts, moment};

/// Most characters of a model's name that are shown.
const NAME_MAX: usize = 60;

/// Flags of `usage`.
#[derive(Debug, Args)]
pub struct UsageArgs {
    /// Name or id of a box; your whole org if left out
    #[arg(long = "box", short = 'b', value_name = "BOX", conflicts_with = "org")]
    smartbox: Option<BoxReference>,
    /// Name or id of an org; only the platform's admin may name one
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
    /// A month such as `2026-11` or a day such as `2026-11-05`; this month if left out
    #[arg(long, value_name = "PERIOD")]
    period: Option<String>,
}

/// Shows what was used.
pub(super) async fn run(client: &Client, args: &UsageArgs, console: &mut Console) -> Outcome {
    let path = match &args.smartbox {
        Some(reference) => vec!["boxes", reference.as_str(), "usage"],
        None => vec!["usage"],
    };
    let named = [("period", args.period.as_deref()), ("org", args.org.as_deref())];
    let query: Vec<_> = named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let view: UsageView = client.get(Route::v1(&path).query(&query)).await?;
    if console.wants_json() {
        console.json(&view).await?;
        return Ok(Exit::Success);
    }
    console.text(&describe(&view)).await?;
    Ok(Exit::Success)
}

fn describe(view: &UsageView) -> String {
    let total = &view.total;
    let mut lines = vec![
        ("Of", view.box_id.clone().unwrap_or_else(|| view.org.clone())),
        ("Period", format!("{}, until {}", view.period, moment(&view.ends_at))),
    ];
    lines.extend(in_words(total));
    lines.push(("On disk", Measure::Storage.words(view.storage_bytes)));
    let mut text = facts(&lines);
    if !view.boxes.is_empty() {
        let rows: Vec<_> = view.boxes.iter().map(|one| row(&one.box_id, &one.sums)).collect();
        text.push_str(&format!("\n{}", columns(HEADER_OF_BOXES, &rows)));
    }
    if !view.days.is_empty() {
        let rows: Vec<_> = view.days.iter().map(|one| row(&one.day, &one.sums)).collect();
        text.push_str(&format!("\n{}", columns(HEADER_OF_DAYS, &rows)));
    }
    if !view.models.is_empty() {
        let rows: Vec<_> = view
            .models
            .iter()
            .map(|one| {
                let name = cell(&format!("{} ({})", one.model, one.provider), NAME_MAX);
                let tokens = format!("{} in, {} out", one.input_tokens, one.output_tokens);
                [name, one.calls.to_string(), tokens, money(one.money_nanos)]
            })
            .collect();
        text.push_str(&format!("\n{}", columns(["MODEL", "CALLS", "TOKENS", "MONEY"], &rows)));
    }
    text.push_str(&format!("\n{}", plan(view)));
    text
}

const HEADER_OF_BOXES: [&str; 5] = ["BOX", "TRAFFIC", "TOKENS", "MONEY", "CPU"];
const HEADER_OF_DAYS: [&str; 5] = ["DAY", "TRAFFIC", "TOKENS", "MONEY", "CPU"];

fn row(name: &str, sums: &UsageSums) -> [String; 5] {
    [
        name.to_owned(),
        Measure::Bandwidth.words(sums.bytes_sent.saturating_add(sums.bytes_received)),
        (sums.input_tokens + sums.output_tokens + sums.cache_write_tokens).to_string(),
        money(sums.money_nanos),
        format!("{} s", sums.cpu_ms / 1000),
    ]
}

fn in_words(sums: &UsageSums) -> Vec<(&'static str, String)> {
    let bytes = |count| Measure::Bandwidth.words(count);
    vec![
        ("Traffic", format!("{} sent, {} received", bytes(sums.bytes_sent), bytes(sums.bytes_received))),
        ("Connections", sums.connections.to_string()),
        ("Model calls", sums.model_calls.to_string()),
        (
            "Tokens",
            format!(
                "{} in, {} out, {} from the cache, {} into it",
                sums.input_tokens, sums.output_tokens, sums.cache_read_tokens, sums.cache_write_tokens
            ),
        ),
        ("Money", money(sums.money_nanos)),
        ("CPU", Measure::Cpu.words(sums.cpu_ms)),
        ("Memory", Measure::Memory.words(sums.memory_mib_seconds)),
        ("Awake", format!("{} s", sums.awake_ms / 1000)),
    ]
}

fn plan(view: &UsageView) -> String {
    let plan = &view.plan;
    let mut lines = vec![("Plan", format!("{} ({})", plan.plan, plan.state))];
    for (measure, used, limit) in pairs(&plan.used, &plan.limits) {
        if limit.is_some() {
            let what = match measure {
                Measure::Bandwidth => "  bandwidth",
                Measure::Tokens => "  tokens",
                Measure::Money => "  money",
                Measure::Cpu => "  cpu",
                Measure::Memory => "  memory",
                Measure::Storage => "  storage",
            };
            let used = measure.words(used.unwrap_or(0));
            lines.push((what, format!("{used} of {}", Limit(measure, limit))));
        }
    }
    let cost = money(plan.overage_cost_nanos);
    lines.push(("Overage", format!("{cost} of {}", money(plan.overage_budget_nanos))));
    facts(&lines)
}

fn pairs(used: &PlanLimits, limits: &PlanLimits) -> [(Measure, Option<u64>, Option<u64>); 6] {
    [
        (Measure::Bandwidth, used.bandwidth_bytes, limits.bandwidth_bytes),
        (Measure::Tokens, used.tokens, limits.tokens),
        (Measure::Money, used.money_nanos, limits.money_nanos),
        (Measure::Cpu, used.cpu_ms, limits.cpu_ms),
        (Measure::Memory, used.memory_mib_seconds, limits.memory_mib_seconds),
        (Measure::Storage, used.storage_bytes, limits.storage_bytes),
    ]
}
