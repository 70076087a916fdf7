//! `GET /v1/upgrades`

use axum::Json;
use axum::extract::State;
use smartbox_api::RolloutList;

use super::rollout_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List upgrades of many boxes
#[utoipa::path(
    get,
    path = "/v1/upgrades",
    tag = "boxes",
    operation_id = "listRollouts",
    responses((status = OK, description = "The 50 newest, the newest first.", body = RolloutList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<RolloutList>, ApiError> {
    let rollouts = state.control().list_rollouts(&op).await?;
    Ok(Json(RolloutList { items: rollouts.iter().map(rollout_view).collect() }))
}
