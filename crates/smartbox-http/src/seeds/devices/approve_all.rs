//! `POST /api/admin/devices/approve-all`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedApprovedAll;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Approve every device that waits, in the older shape
#[utoipa::path(
    post,
    path = "/api/admin/devices/approve-all",
    tag = "seeds",
    operation_id = "seedApproveAllDevices",
    responses((status = OK, description = "Those that were approved by this.", body = SeedApprovedAll)),
)]
pub(crate) async fn approve_all(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<SeedApprovedAll>, ApiError> {
    let approved = state.control().approve_all_devices(&op, None).await?;
    let approved: Vec<String> = approved.iter().map(|device| device.id.to_string()).collect();
    let message = format!("Approved {} device(s)", approved.len());
    Ok(Json(SeedApprovedAll { approved, failed: Vec::new(), message }))
}
