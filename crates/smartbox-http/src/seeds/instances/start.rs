//! `POST /api/v1/instances/{instance}/start`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedInstanceStatus;
use smartbox_core::Permission;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Start an instance
#[utoipa::path(
    post,
    path = "/api/v1/instances/{instance}/start",
    tag = "seeds",
    operation_id = "seedStartInstance",
    params(("instance" = String, Path, description = "Id or name of the box.")),
    responses((status = OK, description = "It is under way.", body = SeedInstanceStatus)),
)]
pub(crate) async fn start(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
) -> Result<Json<SeedInstanceStatus>, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesOperate, &reference).await?;
    state.control().start_box(&op, &row.id.to_string(), None).await?;
    Ok(Json(SeedInstanceStatus { status: "running".to_owned() }))
}
