//! `GET /plans`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedPlan;
use smartbox_control::PlanRow;

use super::CENT_NANOS;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List plans, in the older shape
#[utoipa::path(
    get,
    path = "/plans",
    tag = "seeds",
    operation_id = "seedPlans",
    responses((status = OK, description = "Every plan.", body = Vec<SeedPlan>)),
)]
pub(crate) async fn plans(
    State(state): State<HttpState>,
    Caller(_op): Caller,
) -> Result<Json<Vec<SeedPlan>>, ApiError> {
    Ok(Json(state.control().list_plans().await?.iter().map(view).collect()))
}

pub(super) fn view(row: &PlanRow) -> SeedPlan {
    let (limits, rates) = (row.terms.limits, row.terms.rates);
    SeedPlan {
        id: row.name.clone(),
        name: row.name.clone(),
        max_agents: row.terms.boxes_max,
        max_vpses: row.terms.boxes_max,
        max_bandwidth_bytes: limits.bytes,
        max_storage_bytes: limits.storage_bytes,
        max_cpu_ms: limits.cpu_ms,
        max_memory_mb_seconds: limits.memory_mib_s,
        overage_bandwidth_cost_per_gb_cents: rates.bytes.div_ceil(CENT_NANOS),
        overage_cpu_cost_per_hour_cents: rates.cpu_ms.div_ceil(CENT_NANOS),
        overage_memory_cost_per_gb_hour_cents: rates.memory_mib_s.div_ceil(CENT_NANOS),
    }
}
