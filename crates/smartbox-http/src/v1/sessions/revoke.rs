//! `DELETE /v1/sessions/{session}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// End a session
///
/// The browser is signed out, and its connections end at once.
#[utoipa::path(
    delete,
    path = "/v1/sessions/{session}",
    tag = "people",
    operation_id = "revokeSession",
    params(("session" = String, Path, description = "`ses_…`")),
    responses((status = NO_CONTENT, description = "The session has ended.")),
)]
pub(crate) async fn revoke(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(session): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.control().revoke_session(&op, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}
