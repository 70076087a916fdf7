//! `GET /api/super/cost/users/{id}`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedCost, SeedCostQuery};
use smartbox_core::ledger::cost::Service;

use super::cost::{cost_view, report};
use super::target::Target;
use crate::HttpState;
use crate::body::QueryOf;
use crate::problem::ApiError;

/// Look at what a user's box costs, in the older shape
#[utoipa::path(
    get,
    path = "/api/super/cost/users/{id}",
    tag = "seeds",
    operation_id = "seedCostOfUser",
    params(
        ("id" = String, Path, description = "A person's id: their default box; or a box's id or name."),
        SeedBoxQuery,
        SeedCostQuery,
    ),
    responses((status = OK, description = "The answer.", body = SeedCost)),
)]
pub(crate) async fn cost_of_user(
    State(state): State<HttpState>,
    target: Target,
    QueryOf(query): QueryOf<SeedCostQuery>,
) -> Result<Json<SeedCost>, ApiError> {
    let report = report(&state, &target.op, Some(target.reference()), query.days).await?;
    Ok(Json(cost_view(&report, Some(target.user), &Service::ALL)))
}
