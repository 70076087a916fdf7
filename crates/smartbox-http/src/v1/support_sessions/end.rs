//! `DELETE /v1/support-sessions/{support}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// End support access
///
/// By whoever runs the platform, by the person in whose name it is, by whoever manages the people of the org, and by itself. Every
/// connection that was opened with it ends at once. One that has ended stays as it is.
#[utoipa::path(
    delete,
    path = "/v1/support-sessions/{support}",
    tag = "support",
    operation_id = "endSupport",
    params(("support" = String, Path, description = "`sup_…`")),
    responses((status = NO_CONTENT, description = "It has ended.")),
)]
pub(crate) async fn end(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(support): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.control().end_support(&op, &support).await?;
    Ok(StatusCode::NO_CONTENT)
}
