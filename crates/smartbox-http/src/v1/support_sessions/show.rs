//! `GET /v1/support-sessions/{support}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SupportSessionView;

use super::support_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Show support access
///
/// Events of what was done under it name its id: this says why it was opened.
#[utoipa::path(
    get,
    path = "/v1/support-sessions/{support}",
    tag = "support",
    operation_id = "showSupport",
    params(("support" = String, Path, description = "`sup_…`")),
    responses((status = OK, description = "The support session.", body = SupportSessionView)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(support): Path<String>,
) -> Result<Json<SupportSessionView>, ApiError> {
    let session = state.control().find_support_session(&op, &support).await?;
    Ok(Json(support_view(&session, state.control().clock().now())))
}
