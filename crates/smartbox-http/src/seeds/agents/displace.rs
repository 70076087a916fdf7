//! `DELETE /agents/{agent}/vps`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Take the machine of an agent away
///
/// It is stopped; what it holds is saved and read back, and then its disk is freed. The agent stays, and its next machine has all of it.
/// A machine whose state cannot be saved keeps its disk, and is shown again.
#[utoipa::path(
    delete,
    path = "/agents/{agent}/vps",
    tag = "seeds",
    operation_id = "seedDisplaceAgent",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = NO_CONTENT, description = "It is on its way.")),
)]
pub(crate) async fn displace(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.control().displace_agent(&op, &agent).await?;
    Ok(StatusCode::NO_CONTENT)
}
