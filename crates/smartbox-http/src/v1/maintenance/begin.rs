//! `PUT /v1/maintenance`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use smartbox_api::{MaintenanceView, SetMaintenance};
use smartbox_control::MaintenanceWish;

use super::view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Longest time that is said beforehand, in seconds: a week.
const LASTS_MAX_SECS: u32 = 604_800;

/// Begin maintenance of the platform
///
/// Nothing new is created, started or woken: whoever tries gets 503 with the reason and `Retry-After`, and `/readyz` says so. With
/// `drain` boxes that run are put to sleep or stopped, a few at a time, on the way that it always takes. It holds over restarts of the
/// platform, until somebody ends it. Only an admin may.
#[utoipa::path(
    put,
    path = "/v1/maintenance",
    tag = "fleet",
    operation_id = "beginMaintenance",
    request_body = SetMaintenance,
    responses((status = OK, description = "The platform is being maintained.", body = MaintenanceView)),
)]
pub(crate) async fn begin(
    State(state): State<HttpState>,
    Caller(op): Caller,
    JsonBody(body): JsonBody<SetMaintenance>,
) -> Result<Json<MaintenanceView>, ApiError> {
    let lasts = match body.lasts_secs {
        None => None,
        Some(secs @ 1..=LASTS_MAX_SECS) => Some(Duration::from_secs(u64::from(secs))),
        Some(_) => return Err(ApiError::field("lasts_secs", format!("must be 1 to {LASTS_MAX_SECS}"))),
    };
    let wish = MaintenanceWish { reason: body.reason, drain: body.drain, lasts };
    let maintenance = state.control().begin_maintenance(&op, &wish).await?;
    Ok(Json(view(state.control(), &op, Some(maintenance))?))
}
