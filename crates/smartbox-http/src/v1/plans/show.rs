//! `GET /v1/plans/{plan}`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::PlanView;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at a plan
#[utoipa::path(
    get,
    path = "/v1/plans/{plan}",
    tag = "plans",
    operation_id = "showPlan",
    params(("plan" = String, Path, description = "Its name.")),
    responses((
        status = OK,
        description = "The plan.",
        body = PlanView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(_op): Caller,
    Path(plan): Path<String>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().find_plan(&plan).await?))
}
