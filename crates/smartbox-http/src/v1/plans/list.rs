//! `GET /v1/plans`

use axum::Json;
use axum::extract::State;
use smartbox_api::PlanList;

use super::plan_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List plans
#[utoipa::path(
    get,
    path = "/v1/plans",
    tag = "plans",
    operation_id = "listPlans",
    responses((status = OK, description = "Every plan.", body = PlanList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(_op): Caller,
) -> Result<Json<PlanList>, ApiError> {
    let plans = state.control().list_plans().await?;
    Ok(Json(PlanList { items: plans.iter().map(plan_view).collect() }))
}
