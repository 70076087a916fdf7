//! `DELETE /api/v1/instances/{instance}`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_core::Permission;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Delete an instance
///
/// It is stopped at once and removed after a grace period, in which `POST /v1/boxes/{box}/start` brings it back.
#[utoipa::path(
    delete,
    path = "/api/v1/instances/{instance}",
    tag = "seeds",
    operation_id = "seedDeleteInstance",
    params(("instance" = String, Path, description = "Id or name of the box.")),
    responses((status = NO_CONTENT, description = "It is under way.")),
)]
pub(crate) async fn delete(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
) -> Result<StatusCode, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesManage, &reference).await?;
    state.control().delete_box(&op, &row.id.to_string(), None).await?;
    Ok(StatusCode::NO_CONTENT)
}
