//! `GET /api/super/users/{id}/state/v2`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedLiveState};

use super::super::last_sync;
use super::target::Target;
use super::words::live_word;
use crate::HttpState;
use crate::problem::ApiError;

/// Ask a box how it is at this moment, in the older shape
///
/// Its gateway is asked over HTTP, for at most 500 ms. A box that sleeps is not asked, and not woken.
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/state/v2",
    tag = "seeds",
    operation_id = "seedLiveState",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = OK, description = "How it is.", body = SeedLiveState)),
)]
pub(crate) async fn live_state(
    State(state): State<HttpState>,
    target: Target,
) -> Result<Json<SeedLiveState>, ApiError> {
    let control = state.control();
    let live = control.live_state(&target.op, &target.reference()).await?;
    let backups = control.box_backups(&target.op, &target.reference()).await?;
    let look = live.gateway.as_ref();
    let healthy = look.is_some_and(|look| look.is_ready);
    let word = live_word(live.smartbox.phase());
    // What it says now counts, not what was seen.
    let word = if word == "active" && !healthy { "error" } else { word };
    let failing = look.filter(|look| !look.is_ready).map(|look| look.failing.join("; "));
    let failed = live.smartbox.last_error.as_ref().map(|error| error.what.clone());
    Ok(Json(SeedLiveState {
        user_id: target.user.clone(),
        box_id: live.smartbox.id.to_string(),
        state: word.to_owned(),
        process_count: control.box_load(&live.smartbox).await.map(|load| u64::from(load.processes)),
        gateway_healthy: healthy,
        checked_at: look.map_or_else(|| control.clock().now(), |look| look.checked_at).to_string(),
        latency_ms: look.and_then(|look| u64::try_from(look.latency.as_millis()).ok()).unwrap_or(0),
        last_sync_at: last_sync(&backups).map(|at| at.to_string()),
        error: failed.or(failing),
    }))
}
