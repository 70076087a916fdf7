//! `POST /admin/vpses/{agent}/stop`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Stop a machine of any org
///
/// For the platform's admin.
#[utoipa::path(
    post,
    path = "/admin/vpses/{agent}/stop",
    tag = "seeds",
    operation_id = "seedStopVps",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = NO_CONTENT, description = "It is under way.")),
)]
pub(crate) async fn stop_vps(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<StatusCode, ApiError> {
    admin_only(&op)?;
    state.control().stop_agent(&op, &agent).await?;
    Ok(StatusCode::NO_CONTENT)
}
