//! `GET /v1/upgrades/{rollout}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::RolloutView;

use super::{rollout_id, state_view};
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Show an upgrade of many boxes
///
/// With how it goes with each of them.
#[utoipa::path(
    get,
    path = "/v1/upgrades/{rollout}",
    tag = "boxes",
    operation_id = "showRollout",
    params(("rollout" = String, Path, description = "`rol_…`")),
    responses((status = OK, description = "How it goes.", body = RolloutView)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(rollout): Path<String>,
) -> Result<Json<RolloutView>, ApiError> {
    Ok(Json(state_view(&state.control().find_rollout(&op, rollout_id(&rollout)?).await?)))
}
