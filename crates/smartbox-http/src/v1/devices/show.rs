//! `GET /v1/devices/{device}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{DeviceQuery, DeviceView};

use super::device_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::AnyDevice;
use crate::duration;
use crate::problem::ApiError;

/// Look at a device
///
/// With `wait` the answer comes when the device is approved, or when the time is over.
#[utoipa::path(
    get,
    path = "/v1/devices/{device}",
    tag = "devices",
    operation_id = "showDevice",
    params(("device" = String, Path, description = "`dev_…`"), DeviceQuery),
    responses((status = OK, description = "The device as it is now.", body = DeviceView)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    AnyDevice { mut op, who }: AnyDevice,
    Path(device): Path<String>,
    QueryOf(query): QueryOf<DeviceQuery>,
) -> Result<Json<DeviceView>, ApiError> {
    // Whoever is not let in yet sees what is their own.
    if !who.is_paired {
        op.principal = op.principal.only_looking();
    }
    let device = match query.wait.as_deref() {
        None => state.control().find_device(&op, &device).await?,
        Some(wait) => {
            let bad = || ApiError::field("wait", "is a duration such as `30s` or `500ms`");
            let wait = duration::parse(wait).ok_or_else(bad)?;
            let waited = state.control().wait_for_device(&op, &device, wait);
            let stop = state.stop();
            tokio::select! {
                device = waited => device?,
                () = stop.cancelled() => state.control().find_device(&op, &device).await?,
            }
        }
    };
    Ok(Json(device_view(&device)))
}
