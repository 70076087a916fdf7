//! `GET /api/super/cost/check`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedCostCheck, SeedCostQuery};

use super::cost::report;
use super::target::SuperAdmin;
use super::words::dollars;
use crate::HttpState;
use crate::body::QueryOf;
use crate::problem::ApiError;

/// Dollars, when nobody says how many.
const THRESHOLD_DEFAULT: u32 = 50;

/// See whether the fleet costs too much, in the older shape
#[utoipa::path(
    get,
    path = "/api/super/cost/check",
    tag = "seeds",
    operation_id = "seedCostCheck",
    params(SeedCostQuery),
    responses((status = OK, description = "The answer.", body = SeedCostCheck)),
)]
pub(crate) async fn cost_check(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
    QueryOf(query): QueryOf<SeedCostQuery>,
) -> Result<Json<SeedCostCheck>, ApiError> {
    let report = report(&state, &op, None, query.days).await?;
    let threshold = f64::from(query.threshold.unwrap_or(THRESHOLD_DEFAULT));
    let total = dollars(report.costs.total());
    Ok(Json(SeedCostCheck { total, threshold, over: total > threshold }))
}
