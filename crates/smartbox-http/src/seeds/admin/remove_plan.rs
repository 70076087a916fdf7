//! `DELETE /admin/plans/{plan}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Remove a plan, in the older shape
///
/// For the platform's admin. One that no org has and that is not the default.
#[utoipa::path(
    delete,
    path = "/admin/plans/{plan}",
    tag = "seeds",
    operation_id = "seedRemovePlan",
    params(("plan" = String, Path, description = "Its name.")),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn remove_plan(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(plan): Path<String>,
) -> Result<StatusCode, ApiError> {
    admin_only(&op)?;
    state.control().remove_plan(&op, &plan).await?;
    Ok(StatusCode::NO_CONTENT)
}
