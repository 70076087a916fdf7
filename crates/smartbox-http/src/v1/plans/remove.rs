//! `DELETE /v1/plans/{plan}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Remove a plan
///
/// One that no org has and that is not the default. Only the platform's admin may.
#[utoipa::path(
    delete,
    path = "/v1/plans/{plan}",
    tag = "plans",
    operation_id = "removePlan",
    params(("plan" = String, Path, description = "Its name.")),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn remove(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(plan): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.control().remove_plan(&op, &plan).await?;
    Ok(StatusCode::NO_CONTENT)
}
