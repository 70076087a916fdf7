//! `GET /v1/boxes/{box}/budget`

use axum::extract::State;
use axum::response::Response;
use smartbox_api::BudgetView;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Look at the budget of a box
///
/// What was decided, and how much of it is spent.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/budget",
    tag = "budgets",
    operation_id = "showBoxBudget",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((
        status = OK,
        description = "The budget.",
        body = BudgetView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show_of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().box_budget(&op, &reference).await?))
}
