//! `PUT /v1/plans/{plan}`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{PlanView, SetPlan};

use super::{new_plan, tagged};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Change a plan
///
/// Counts at once, for what its orgs have used already as well. Only the platform's admin may.
#[utoipa::path(
    put,
    path = "/v1/plans/{plan}",
    tag = "plans",
    operation_id = "setPlan",
    params(
        ("plan" = String, Path, description = "Its name."),
        ("If-Match" = Option<String>, Header, description = "The version of the plan that the decision rests on."),
    ),
    request_body = SetPlan,
    responses((
        status = OK,
        description = "The plan as it is now.",
        body = PlanView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn set(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(plan): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetPlan>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(tagged(&state.control().change_plan(&op, &new_plan(plan, &body), version).await?))
}
