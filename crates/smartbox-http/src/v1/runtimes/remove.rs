//! `DELETE /v1/runtimes/{version}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Remove a version of the agent runtime
///
/// Refused while a box is pinned to it, and for the version of new boxes. Backups that it made can still be restored onto a newer one.
#[utoipa::path(
    delete,
    path = "/v1/runtimes/{version}",
    tag = "runtimes",
    operation_id = "removeRuntime",
    params(("version" = String, Path, description = "OpenClaw's version.")),
    responses((status = NO_CONTENT, description = "It is removed.")),
)]
pub(crate) async fn remove(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(version): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.control().remove_runtime(&op, &version).await?;
    Ok(StatusCode::NO_CONTENT)
}
