//! `GET /v1/orgs/{org}/budget`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::BudgetView;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at the budget of an org
///
/// What was decided, and how much of it is spent.
#[utoipa::path(
    get,
    path = "/v1/orgs/{org}/budget",
    tag = "budgets",
    operation_id = "showOrgBudget",
    params(("org" = String, Path, description = "Id or name; `me` is your own.")),
    responses((
        status = OK,
        description = "The budget.",
        body = BudgetView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().org_budget(&op, &reference).await?))
}
