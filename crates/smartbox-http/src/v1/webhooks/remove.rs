//! `DELETE /v1/webhooks/{webhook}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Remove a webhook
///
/// What was on its way is not sent any more.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{webhook}",
    tag = "webhooks",
    operation_id = "removeWebhook",
    params(("webhook" = String, Path, description = "Id.")),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn remove(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(webhook): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.control().remove_webhook(&op, &webhook).await?;
    Ok(StatusCode::NO_CONTENT)
}
