//! `PUT /v1/orgs/{org}/budget`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{BudgetView, SetBudget};

use super::{budget, tagged};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Set the budget of an org
///
/// Counts at once, for what was spent already as well. Only its owners may.
#[utoipa::path(
    put,
    path = "/v1/orgs/{org}/budget",
    tag = "budgets",
    operation_id = "setOrgBudget",
    params(
        ("org" = String, Path, description = "Id or name; `me` is your own."),
        ("If-Match" = Option<String>, Header, description = "The version of the budget that the decision rests on."),
    ),
    request_body = SetBudget,
    responses((
        status = OK,
        description = "The budget as it is now.",
        body = BudgetView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn set_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetBudget>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(tagged(&state.control().set_org_budget(&op, &reference, budget(&body), version).await?))
}
