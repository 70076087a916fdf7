//! `GET /v1/tiers`

use axum::Json;
use axum::extract::State;
use smartbox_api::{TierList, TierView};
use smartbox_core::Tier;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List tiers
#[utoipa::path(
    get,
    path = "/v1/tiers",
    tag = "tiers",
    operation_id = "listTiers",
    responses((status = OK, description = "Every tier.", body = TierList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(_op): Caller,
) -> Result<Json<TierList>, ApiError> {
    let tiers = state.control().list_tiers().await?;
    Ok(Json(TierList { items: tiers.iter().map(tier_view).collect() }))
}

fn tier_view(tier: &Tier) -> TierView {
    TierView {
        name: tier.name.clone(),
        cpu_millis: tier.cpu_millis,
        memory_bytes: tier.memory_bytes,
        memory_max_bytes: tier.memory_max_bytes,
        pids_max: tier.pids_max,
        boxes_max: tier.boxes_max,
    }
}
