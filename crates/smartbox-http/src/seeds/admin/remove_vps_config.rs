//! `DELETE /admin/vps-configs/{tier}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Remove a size
///
/// For the platform's admin. One that no box has.
#[utoipa::path(
    delete,
    path = "/admin/vps-configs/{tier}",
    tag = "seeds",
    operation_id = "seedRemoveVpsConfig",
    params(("tier" = String, Path, description = "Its name.")),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn remove_vps_config(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(tier): Path<String>,
) -> Result<StatusCode, ApiError> {
    admin_only(&op)?;
    state.control().remove_tier(&op, &tier).await?;
    Ok(StatusCode::NO_CONTENT)
}
