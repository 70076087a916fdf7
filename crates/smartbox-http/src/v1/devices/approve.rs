//! `POST /v1/devices/{device}/approve`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::DeviceView;

use super::device_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Approve a device
///
/// Its person is let in with it from now on. Approving it again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/devices/{device}/approve",
    tag = "devices",
    operation_id = "approveDevice",
    params(("device" = String, Path, description = "`dev_…`")),
    responses((status = OK, description = "The device.", body = DeviceView)),
)]
pub(crate) async fn approve(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(device): Path<String>,
) -> Result<Json<DeviceView>, ApiError> {
    Ok(Json(device_view(&state.control().approve_device(&op, &device).await?)))
}
