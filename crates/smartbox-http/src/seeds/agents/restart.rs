//! `POST /agents/{agent}/restart`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Start an agent again
#[utoipa::path(
    post,
    path = "/agents/{agent}/restart",
    tag = "seeds",
    operation_id = "seedRestartAgent",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = NO_CONTENT, description = "It is under way.")),
)]
pub(crate) async fn restart(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.control().restart_agent(&op, &agent).await?;
    Ok(StatusCode::NO_CONTENT)
}
