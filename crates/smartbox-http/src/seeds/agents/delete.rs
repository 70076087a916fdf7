//! `DELETE /agents/{agent}`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_core::Permission;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Delete an agent
///
/// With its machine. Until its grace period is over, `POST /v1/boxes/{box}/start` brings both back.
#[utoipa::path(
    delete,
    path = "/agents/{agent}",
    tag = "seeds",
    operation_id = "seedDeleteAgent",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = NO_CONTENT, description = "It is stopped at once, and gone when its grace period is over.")),
)]
pub(crate) async fn delete(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<StatusCode, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesManage, &agent).await?;
    state.control().delete_box(&op, &row.id.to_string(), None).await?;
    Ok(StatusCode::NO_CONTENT)
}
