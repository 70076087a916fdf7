//! `POST /api/admin/devices/{device}/approve`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedApproved;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Approve a device, in the older shape
#[utoipa::path(
    post,
    path = "/api/admin/devices/{device}/approve",
    tag = "seeds",
    operation_id = "seedApproveDevice",
    params(("device" = String, Path, description = "Its `requestId`.")),
    responses((status = OK, description = "Its person is let in with it from now on.", body = SeedApproved)),
)]
pub(crate) async fn approve(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(device): Path<String>,
) -> Result<Json<SeedApproved>, ApiError> {
    let device = state.control().approve_device(&op, &device).await?;
    let message = "Device approved".to_owned();
    Ok(Json(SeedApproved { success: true, request_id: device.id.to_string(), message }))
}
