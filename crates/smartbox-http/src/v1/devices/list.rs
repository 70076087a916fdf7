//! `GET /v1/devices`

use axum::Json;
use axum::extract::State;
use smartbox_api::{DeviceList, OrgQuery};

use super::device_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List devices
///
/// Those that wait for approval and those that are approved: your own, or everybody's for whoever manages people.
#[utoipa::path(
    get,
    path = "/v1/devices",
    tag = "devices",
    operation_id = "listDevices",
    params(OrgQuery),
    responses((status = OK, description = "The devices, the newest first.", body = DeviceList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<OrgQuery>,
) -> Result<Json<DeviceList>, ApiError> {
    let devices = state.control().list_devices(&op, query.org.as_deref()).await?;
    Ok(Json(DeviceList { items: devices.iter().map(device_view).collect() }))
}
