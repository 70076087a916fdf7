//! `PATCH /v1/webhooks/{webhook}`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{UpdateWebhook, WebhookView};
use smartbox_control::WebhookWish;

use super::tagged;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Change a webhook
///
/// What is left out stays. What waits to be sent goes to the new address.
#[utoipa::path(
    patch,
    path = "/v1/webhooks/{webhook}",
    tag = "webhooks",
    operation_id = "updateWebhook",
    params(
        ("webhook" = String, Path, description = "Id."),
        ("If-Match" = Option<String>, Header, description = "The version of the webhook that the decision rests on."),
    ),
    request_body = UpdateWebhook,
    responses((
        status = OK,
        description = "The webhook as it is now.",
        body = WebhookView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(webhook): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<UpdateWebhook>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let wish = WebhookWish {
        url: body.url.map(Into::into),
        description: body.description,
        types: body.types,
        about: body.about,
        enabled: body.enabled,
        secret: None,
    };
    Ok(tagged(&state.control().change_webhook(&op, &webhook, &wish, version).await?))
}
