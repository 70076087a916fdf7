//! `POST /api/v1/instances/{instance}/stop`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedInstanceStatus;
use smartbox_core::Permission;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Stop an instance
#[utoipa::path(
    post,
    path = "/api/v1/instances/{instance}/stop",
    tag = "seeds",
    operation_id = "seedStopInstance",
    params(("instance" = String, Path, description = "Id or name of the box.")),
    responses((status = OK, description = "It is under way.", body = SeedInstanceStatus)),
)]
pub(crate) async fn stop(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
) -> Result<Json<SeedInstanceStatus>, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesOperate, &reference).await?;
    state.control().stop_box(&op, &row.id.to_string(), None).await?;
    Ok(Json(SeedInstanceStatus { status: "stopping".to_owned() }))
}
