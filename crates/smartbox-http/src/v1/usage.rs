//! What was used.

mod of_box;
mod of_org;

use smartbox_api::{PlanLimits, PlanStateView, UsageOfBox, UsageOfDay, UsageOfModel, UsageSums, UsageView};
use smartbox_control::{ModelSum, PlanState, UsageReport};
use smartbox_core::ledger::{Amounts, Limits, Usage};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(of_org::of_org)).routes(routes!(of_box::of_box))
}

fn sums(usage: &Usage) -> UsageSums {
    UsageSums {
        bytes_sent: usage.sent,
        bytes_received: usage.received,
        connections: usage.connections,
        requests: usage.requests,
        model_calls: usage.calls,
        input_tokens: usage.input,
        output_tokens: usage.output,
        cache_read_tokens: usage.cache_read,
        cache_write_tokens: usage.cache_write,
        money_nanos: usage.nanos,
        cpu_ms: usage.cpu_ms,
        memory_mib_seconds: usage.memory_mib_s,
        storage_mib_seconds: usage.storage_mib_s,
        awake_ms: usage.awake_ms,
    }
}

fn model(sum: ModelSum) -> UsageOfModel {
    let number = |value: i64| u64::try_from(value).unwrap_or(0);
    UsageOfModel {
        model: sum.model,
        provider: sum.provider,
        calls: number(sum.calls),
        input_tokens: number(sum.input),
        output_tokens: number(sum.output),
        cache_read_tokens: number(sum.cache_read),
        cache_write_tokens: number(sum.cache_write),
        money_nanos: number(sum.nanos),
    }
}

pub(super) fn usage_view(report: UsageReport, plan: &PlanState) -> UsageView {
    let days = report.days.iter();
    let boxes = report.boxes.iter();
    UsageView {
        org: report.org.to_string(),
        box_id: report.box_id.map(|id| id.to_string()),
        period: report.period.to_string(),
        begins_at: report.bounds.0.to_string(),
        ends_at: report.bounds.1.to_string(),
        total: sums(&report.usage),
        storage_bytes: report.storage_bytes,
        days: days.map(|row| UsageOfDay { day: row.period.to_string(), sums: sums(&row.usage) }).collect(),
        boxes: boxes
            .filter_map(|row| Some(UsageOfBox { box_id: row.box_id?.to_string(), sums: sums(&row.usage) }))
            .collect(),
        models: report.models.into_iter().map(model).collect(),
        plan: plan_state_view(plan),
    }
}

pub(super) fn limits_view(limits: &Limits) -> PlanLimits {
    PlanLimits {
        bandwidth_bytes: limits.bytes,
        tokens: limits.tokens,
        money_nanos: limits.nanos,
        cpu_ms: limits.cpu_ms,
        memory_mib_seconds: limits.memory_mib_s,
        storage_bytes: limits.storage_bytes,
    }
}

fn used_view(used: &Amounts) -> PlanLimits {
    limits_view(&Limits::from_fn(|measure| Some(used.get(measure))))
}

fn plan_state_view(state: &PlanState) -> PlanStateView {
    let word = match (state.excess, state.cost) {
        (Some(_), _) => "over",
        (None, 0) => "within",
        (None, _) => "overage",
    };
    PlanStateView {
        plan: state.plan.clone(),
        state: word.to_owned(),
        used: used_view(&state.used),
        limits: limits_view(&state.terms.limits),
        over: state.excess.map(|excess| excess.measure.to_string()),
        overage_cost_nanos: state.cost,
        overage_budget_nanos: state.overage_nanos,
        resets_at: state.month.1.to_string(),
    }
}
