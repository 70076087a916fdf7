//! `GET /users/me/overage-budget`

use axum::Json;
use axum::extract::State;
use smartbox_api::OverageBudget;

use super::overage_budget;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at what your org pays for overage, in the older shape
#[utoipa::path(
    get,
    path = "/users/me/overage-budget",
    tag = "seeds",
    operation_id = "seedOverageBudget",
    responses((status = OK, description = "The budget of this month.", body = OverageBudget)),
)]
pub(crate) async fn show_overage_budget(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<OverageBudget>, ApiError> {
    Ok(Json(overage_budget(&state.control().plan_state(&op, None).await?)))
}
