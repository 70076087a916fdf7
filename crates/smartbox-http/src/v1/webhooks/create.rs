//! `POST /v1/webhooks`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{CreateWebhook, CreatedWebhook};
use smartbox_control::WebhookWish;

use super::with_secret;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Make a webhook
///
/// What happens from now on is sent to it, each event as an `EventMessage`, signed as Standard Webhooks says. Needs `audit:read` and
/// `boxes:manage`. The key of its signatures is shown once, so the request takes no `Idempotency-Key`: an answer that can be repeated
/// would have to be kept. Whoever brings the key in `secret` loses nothing with an answer.
#[utoipa::path(
    post,
    path = "/v1/webhooks",
    tag = "webhooks",
    operation_id = "createWebhook",
    request_body = CreateWebhook,
    responses((status = CREATED, description = "The webhook, and its key.", body = CreatedWebhook)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    JsonBody(body): JsonBody<CreateWebhook>,
) -> Result<Response, ApiError> {
    let wish = WebhookWish {
        url: Some(body.url.into()),
        description: body.description,
        types: body.types,
        about: body.about,
        enabled: body.enabled,
        secret: body.secret.map(Into::into),
    };
    let made = state.control().create_webhook(&op, body.org.as_deref(), &wish).await?;
    Ok(with_secret(StatusCode::CREATED, &made))
}
