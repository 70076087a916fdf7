//! `GET /agents/{agent}/usage`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{SeedMeter, SeedUsage};
use smartbox_core::ledger::Measure;

use super::CENT_NANOS;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at what an agent may use, in the older shape
///
/// An agent is a box. Its org's plan decides, so the numbers are those of the org in the month that is under way.
#[utoipa::path(
    get,
    path = "/agents/{agent}/usage",
    tag = "seeds",
    operation_id = "seedAgentUsage",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = OK, description = "What is used and may be.", body = SeedUsage)),
)]
pub(crate) async fn usage(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<Json<SeedUsage>, ApiError> {
    let state = state.control().box_plan_state(&op, &agent).await?;
    let meter = |measure: Measure| {
        let (used, limit) = (state.used.get(measure), state.terms.limits.get(measure));
        SeedMeter { used, limit, exceeded: limit.is_some_and(|limit| used > limit) }
    };
    Ok(Json(SeedUsage {
        allowed: state.excess.is_none(),
        bandwidth: meter(Measure::Bandwidth),
        storage: meter(Measure::Storage),
        cpu: meter(Measure::Cpu),
        memory: meter(Measure::Memory),
        overage_cost_cents: state.cost.div_ceil(CENT_NANOS),
        overage_budget_cents: state.overage_nanos / CENT_NANOS,
    }))
}
