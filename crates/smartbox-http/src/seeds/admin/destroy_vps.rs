//! `POST /admin/vpses/{agent}/destroy`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Take a machine of any org away
///
/// For the platform's admin. As `DELETE /agents/{agent}/vps`.
#[utoipa::path(
    post,
    path = "/admin/vpses/{agent}/destroy",
    tag = "seeds",
    operation_id = "seedDestroyVps",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = NO_CONTENT, description = "It is under way.")),
)]
pub(crate) async fn destroy_vps(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<StatusCode, ApiError> {
    admin_only(&op)?;
    state.control().displace_agent(&op, &agent).await?;
    Ok(StatusCode::NO_CONTENT)
}
