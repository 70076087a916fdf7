//! `GET /api/super/state/dashboard`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedDashboard, SeedDashboardBox};
use smartbox_control::FleetQuery;
use tokio::time::Instant;

use super::target::SuperAdmin;
use super::words::{live_word, summary};
use crate::HttpState;
use crate::problem::ApiError;

/// Most boxes of one answer. All are counted.
const BOXES_MAX: usize = 10_000;

/// Look at all boxes, in the older shape
///
/// Out of what was seen last; no box is asked.
#[utoipa::path(
    get,
    path = "/api/super/state/dashboard",
    tag = "seeds",
    operation_id = "seedDashboard",
    responses((status = OK, description = "Every box, and how many are how.", body = SeedDashboard)),
)]
pub(crate) async fn dashboard(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
) -> Result<Json<SeedDashboard>, ApiError> {
    let (begun, control) = (Instant::now(), state.control());
    let query = FleetQuery { limit: BOXES_MAX, ..FleetQuery::default() };
    let fleet = control.fleet_summary(&op, &query)?;
    let first = control.first_users(&op).await?;
    let boxes = fleet.boxes.iter().map(|state| SeedDashboardBox {
        user_id: first.get(&state.org).map(ToString::to_string),
        box_id: state.id.to_string(),
        name: state.name.to_string(),
        tier: state.tier.clone(),
        state: live_word(state.phase).to_owned(),
        phase: state.phase.as_str().to_owned(),
        since: state.since.map(|at| at.to_string()),
        error: state.error.as_ref().map(|error| error.what.clone()),
    });
    Ok(Json(SeedDashboard {
        users: boxes.collect(),
        summary: summary(&fleet.counts),
        total_latency_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    }))
}
