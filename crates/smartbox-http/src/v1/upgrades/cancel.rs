//! `DELETE /v1/upgrades/{rollout}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::RolloutView;

use super::{rollout_id, state_view};
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// End an upgrade of many boxes
///
/// No further box is begun. Those under way are seen through.
#[utoipa::path(
    delete,
    path = "/v1/upgrades/{rollout}",
    tag = "boxes",
    operation_id = "cancelRollout",
    params(("rollout" = String, Path, description = "`rol_…`")),
    responses((status = OK, description = "How it went.", body = RolloutView)),
)]
pub(crate) async fn cancel(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(rollout): Path<String>,
) -> Result<Json<RolloutView>, ApiError> {
    Ok(Json(state_view(&state.control().cancel_rollout(&op, rollout_id(&rollout)?).await?)))
}
