//! `PUT /v1/boxes/{box}/budget`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{BudgetView, SetBudget};

use super::{budget, tagged};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Set the budget of a box
///
/// Counts at once, for what was spent already as well.
#[utoipa::path(
    put,
    path = "/v1/boxes/{box}/budget",
    tag = "budgets",
    operation_id = "setBoxBudget",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
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
pub(crate) async fn set_of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetBudget>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(tagged(&state.control().set_box_budget(&op, &reference, budget(&body), version).await?))
}
