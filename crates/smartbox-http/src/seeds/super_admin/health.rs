//! `GET /api/super/health`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedHealth;
use smartbox_control::FleetQuery;

use super::target::SuperAdmin;
use super::words::summary;
use crate::HttpState;
use crate::problem::ApiError;

/// Look at how the fleet is
#[utoipa::path(
    get,
    path = "/api/super/health",
    tag = "seeds",
    operation_id = "seedFleetHealth",
    responses((status = OK, description = "How it is.", body = SeedHealth)),
)]
pub(crate) async fn health(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
) -> Result<Json<SeedHealth>, ApiError> {
    let fleet = state.control().fleet_summary(&op, &FleetQuery::default())?;
    let (summary, reasons) = (summary(&fleet.counts), state.ready().missing().await);
    let is_well = summary.error == 0 && reasons.is_empty();
    Ok(Json(SeedHealth {
        status: if is_well { "ok" } else { "degraded" }.to_owned(),
        summary,
        reasons,
        version: state.version().to_owned(),
        timestamp: state.control().clock().now().to_string(),
    }))
}
