//! `POST /v1/devices/approve-all`

use axum::Json;
use axum::extract::State;
use smartbox_api::{DeviceList, OrgQuery};

use super::device_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Approve every device that waits
#[utoipa::path(
    post,
    path = "/v1/devices/approve-all",
    tag = "devices",
    operation_id = "approveAllDevices",
    params(OrgQuery),
    responses((status = OK, description = "Those that were approved by this.", body = DeviceList)),
)]
pub(crate) async fn approve_all(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<OrgQuery>,
) -> Result<Json<DeviceList>, ApiError> {
    let approved = state.control().approve_all_devices(&op, query.org.as_deref()).await?;
    Ok(Json(DeviceList { items: approved.iter().map(device_view).collect() }))
}
