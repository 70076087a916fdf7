//! `GET /v1/webhooks/{webhook}`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::WebhookView;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Show a webhook
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook}",
    tag = "webhooks",
    operation_id = "showWebhook",
    params(("webhook" = String, Path, description = "Id.")),
    responses((
        status = OK,
        description = "The webhook.",
        body = WebhookView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(webhook): Path<String>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().find_webhook(&op, &webhook).await?))
}
