//! `POST /agents/{agent}/vps/stop`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedVps;

use super::vps_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Stop the machine of an agent
#[utoipa::path(
    post,
    path = "/agents/{agent}/vps/stop",
    tag = "seeds",
    operation_id = "seedStopAgent",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = OK, description = "It is under way.", body = SeedVps)),
)]
pub(crate) async fn stop(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<Json<SeedVps>, ApiError> {
    let intended = state.control().stop_agent(&op, &agent).await?;
    Ok(Json(vps_view(&state, &intended.smartbox)))
}
