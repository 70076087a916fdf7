//! `GET /api/admin/devices`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedDevice, SeedDevices};
use smartbox_control::Device;
use smartbox_core::DeviceStatus;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::devices::fingerprint;

/// List devices, in the older shape
///
/// Your own, or those of everybody in the org for whoever manages people.
#[utoipa::path(
    get,
    path = "/api/admin/devices",
    tag = "seeds",
    operation_id = "seedDevices",
    responses((status = OK, description = "Those that wait, and those that are approved.", body = SeedDevices)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<SeedDevices>, ApiError> {
    let devices = state.control().list_devices(&op, None).await?;
    let of = |status: DeviceStatus| devices.iter().filter(move |device| device.status == status).map(view);
    Ok(Json(SeedDevices {
        pending: of(DeviceStatus::Pending).collect(),
        paired: of(DeviceStatus::Approved).collect(),
    }))
}

fn view(device: &Device) -> SeedDevice {
    SeedDevice {
        request_id: device.id.to_string(),
        device_id: device.id.to_string(),
        display_name: device.name.clone(),
        user_id: device.user.to_string(),
        fingerprint: fingerprint(&device.public_key),
        remote_ip: device.address.clone(),
        ts: device.created_at.as_millisecond(),
    }
}
