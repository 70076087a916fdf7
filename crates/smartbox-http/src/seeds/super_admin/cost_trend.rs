//! `GET /api/super/cost/trend`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedCostDay, SeedCostQuery, SeedCostTrend};
use smartbox_control::DayCost;

use super::cost::report;
use super::target::SuperAdmin;
use super::words::dollars;
use crate::HttpState;
use crate::body::QueryOf;
use crate::problem::ApiError;

/// Look at what each day costs, in the older shape
///
/// As it was metered; nothing is foretold.
#[utoipa::path(
    get,
    path = "/api/super/cost/trend",
    tag = "seeds",
    operation_id = "seedCostTrend",
    params(SeedCostQuery),
    responses((status = OK, description = "The answer.", body = SeedCostTrend)),
)]
pub(crate) async fn cost_trend(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
    QueryOf(query): QueryOf<SeedCostQuery>,
) -> Result<Json<SeedCostTrend>, ApiError> {
    let report = report(&state, &op, None, query.days).await?;
    let day = |day: &DayCost| SeedCostDay { date: day.day.to_string(), total: dollars(day.costs.total()) };
    Ok(Json(SeedCostTrend { trend: report.by_day.iter().map(day).collect() }))
}
