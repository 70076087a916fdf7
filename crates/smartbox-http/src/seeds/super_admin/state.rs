//! `GET /api/super/users/{id}/state`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedState};
use smartbox_core::Phase;

use super::target::Target;
use super::words::state_word;
use crate::HttpState;
use crate::problem::ApiError;

/// Look at a box, in the older shape
///
/// Out of what was seen last; `state/v2` asks the box itself.
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/state",
    tag = "seeds",
    operation_id = "seedState",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = OK, description = "How it is.", body = SeedState)),
)]
pub(crate) async fn state(
    State(state): State<HttpState>,
    target: Target,
) -> Result<Json<SeedState>, ApiError> {
    let row = &target.smartbox;
    let load = state.control().box_load(row).await;
    let now = state.control().clock().now();
    let is_up = matches!(row.phase(), Phase::Running | Phase::Degraded);
    let up = row.observed_at.filter(|_at| is_up).map(|at| now.duration_since(at).as_secs());
    Ok(Json(SeedState {
        user_id: target.user.clone(),
        box_id: row.id.to_string(),
        state: state_word(row.phase()).to_owned(),
        phase: row.phase().as_str().to_owned(),
        last_activity: row.observed_at.map(|at| at.to_string()),
        process_count: load.map(|load| u64::from(load.processes)),
        memory_mb: load.map(|load| load.memory_bytes >> 20),
        uptime_seconds: up.and_then(|secs| u64::try_from(secs).ok()),
        version: row.runtime_version.clone(),
        timestamp: now.to_string(),
    }))
}
