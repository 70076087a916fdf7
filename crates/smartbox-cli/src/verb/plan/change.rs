//! `smartbox plan create` and `set`.

use clap::Args;
use smartbox_api::{CreatePlan, PlanView, SetPlan};
use smartbox_core::ledger::Measure;

use super::PlanArgument;
use super::show::tell;
use crate::Outcome;
use crate::args::{Amount, Rate};
use crate::client::{Client, Route};
use crate::console::Console;

/// Flags of `plan create` and `plan set`.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    #[command(flatten)]
    plan: PlanArgument,
    /// What a month includes: `bandwidth=100GiB`, `tokens=5M`, `money=20.00`, `cpu=100h`, `memory=500GiBh`, `storage=10GiB`; `none` for no limit
    #[arg(long, value_name = "WHAT=AMOUNT")]
    limit: Vec<Amount>,
    /// What more costs, in dollars: for a GiB, a million tokens, a dollar, a CPU hour, a GiB-hour, a GiB. 0 is no price: no more
    #[arg(long, value_name = "WHAT=DOLLARS")]
    rate: Vec<Rate>,
    /// Most boxes
    #[arg(long, value_name = "N")]
    boxes: Option<u32>,
    /// Whether what has no price can be had beyond its limit for nothing
    #[arg(long, value_name = "BOOL")]
    overage_is_free: Option<bool>,
    /// Orgs have it about which nothing was decided
    #[arg(long)]
    default: bool,
}

/// Creates a plan.
pub(super) async fn create(client: &Client, args: &ChangeArgs, console: &mut Console) -> Outcome {
    let mut plan = SetPlan::default();
    change(&mut plan, args);
    let SetPlan { is_default, boxes_max, limits, rates, overage_is_free } = plan;
    let name = args.plan.plan.clone();
    let body = CreatePlan { name, is_default, boxes_max, limits, rates, overage_is_free };
    let made: PlanView = client.create(Route::v1(&["plans"]), &body).await?;
    tell(&made, console).await
}

/// Changes a plan, against the version that was read.
pub(super) async fn set(client: &Client, args: &ChangeArgs, console: &mut Console) -> Outcome {
    let path = ["plans", args.plan.plan.as_str()];
    let before: PlanView = client.get(Route::v1(&path)).await?;
    let mut plan = SetPlan {
        is_default: before.is_default,
        boxes_max: before.boxes_max,
        limits: before.limits,
        rates: before.rates,
        overage_is_free: before.overage_is_free,
    };
    change(&mut plan, args);
    let changed: PlanView = client.replace(Route::v1(&path), &plan, before.version).await?;
    tell(&changed, console).await
}

fn change(plan: &mut SetPlan, args: &ChangeArgs) {
    let limits = &mut plan.limits;
    for limit in &args.limit {
        *match limit.measure {
            Measure::Bandwidth => &mut limits.bandwidth_bytes,
            Measure::Tokens => &mut limits.tokens,
            Measure::Money => &mut limits.money_nanos,
            Measure::Cpu => &mut limits.cpu_ms,
            Measure::Memory => &mut limits.memory_mib_seconds,
            Measure::Storage => &mut limits.storage_bytes,
        } = limit.value;
    }
    let rates = &mut plan.rates;
    for rate in &args.rate {
        *match rate.measure {
            Measure::Bandwidth => &mut rates.bandwidth_gib,
            Measure::Tokens => &mut rates.million_tokens,
            Measure::Money => &mut rates.money_dollar,
            Measure::Cpu => &mut rates.cpu_hour,
            Measure::Memory => &mut rates.memory_gib_hour,
            Measure::Storage => &mut rates.storage_gib,
        } = rate.nanos;
    }
    plan.boxes_max = args.boxes.or(plan.boxes_max);
    plan.overage_is_free = args.overage_is_free.unwrap_or(plan.overage_is_free);
    plan.is_default |= args.default;
}
