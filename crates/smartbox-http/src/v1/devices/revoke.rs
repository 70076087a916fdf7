//! `POST /v1/devices/{device}/revoke`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Revoke a device
///
/// It is forgotten; sessions on it and connections over it end at once. Everybody may revoke their own.
#[utoipa::path(
    post,
    path = "/v1/devices/{device}/revoke",
    tag = "devices",
    operation_id = "revokeDevice",
    params(("device" = String, Path, description = "`dev_…`")),
    responses((status = NO_CONTENT, description = "The device is forgotten.")),
)]
pub(crate) async fn revoke(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(device): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.control().revoke_device(&op, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}
