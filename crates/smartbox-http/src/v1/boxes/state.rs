//! `GET /v1/boxes/{box}/state`

use axum::Json;
use axum::extract::State;
use smartbox_api::{GatewayLookView, LiveStateView};
use smartbox_control::GatewayLook;

use super::BoxReference;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Ask a box how it is at this moment
///
/// Its gateway is asked over HTTP, for at most 500 ms; what it says counts for a second. A box that does not run is not asked, and not
/// woken.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/state",
    tag = "fleet",
    operation_id = "boxState",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = OK, description = "What it says.", body = LiveStateView)),
)]
pub(crate) async fn state(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Json<LiveStateView>, ApiError> {
    let live = state.control().live_state(&op, &reference).await?;
    Ok(Json(LiveStateView {
        id: live.smartbox.id.to_string(),
        phase: live.smartbox.phase().as_str().to_owned(),
        since: live.smartbox.observed_at.map(|at| at.to_string()),
        gateway: live.gateway.as_ref().map(look_view),
    }))
}

pub(crate) fn look_view(look: &GatewayLook) -> GatewayLookView {
    GatewayLookView {
        answers: look.answers,
        is_ready: look.is_ready,
        failing: look.failing.clone(),
        latency_ms: u64::try_from(look.latency.as_millis()).unwrap_or(u64::MAX),
        checked_at: look.checked_at.to_string(),
    }
}
