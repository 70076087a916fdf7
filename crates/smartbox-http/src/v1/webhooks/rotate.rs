//! `POST /v1/webhooks/{webhook}/rotate`

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use smartbox_api::CreatedWebhook;

use super::with_secret;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Give a webhook another key
///
/// For 24 hours everything is signed with both, so that receivers can be changed over. The new key is shown once, so the request takes no
/// `Idempotency-Key`; the key before the last ends at once.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/rotate",
    tag = "webhooks",
    operation_id = "rotateWebhook",
    params(("webhook" = String, Path, description = "Id.")),
    responses((status = OK, description = "The webhook, and its new key.", body = CreatedWebhook)),
)]
pub(crate) async fn rotate(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(webhook): Path<String>,
) -> Result<Response, ApiError> {
    let made = state.control().rotate_webhook_secret(&op, &webhook).await?;
    Ok(with_secret(StatusCode::OK, &made))
}
