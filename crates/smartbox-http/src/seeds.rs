//! Routes of an older API that programs still speak. They show what `/v1` has, in the shapes those programs know.

mod plans;
mod set_overage_budget;
mod show_overage_budget;
mod usage;

use smartbox_api::OverageBudget;
use smartbox_control::PlanState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

/// Nano-dollars of a cent.
const CENT_NANOS: u64 = 10_000_000;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(plans::plans))
        .routes(routes!(show_overage_budget::show_overage_budget, set_overage_budget::set_overage_budget))
        .routes(routes!(usage::usage))
}

/// The budget is rounded down: it never says more than may be spent.
fn overage_budget(state: &PlanState) -> OverageBudget {
    OverageBudget { budget_cents: state.overage_nanos / CENT_NANOS, period_start: state.month.0.to_string() }
}
