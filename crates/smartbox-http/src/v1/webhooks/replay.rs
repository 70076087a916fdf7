//! `POST /v1/webhooks/{webhook}/replay`

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{ReplayWebhook, WebhookReplayed};

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::v1::events::moment;

/// Send again what did not arrive
///
/// What was given up since then, and what was not sent because the webhook was off. What was delivered is not sent again.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/replay",
    tag = "webhooks",
    operation_id = "replayWebhook",
    params(
        ("webhook" = String, Path, description = "Id."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours."),
    ),
    request_body = ReplayWebhook,
    responses((status = ACCEPTED, description = "It is being sent.", body = WebhookReplayed)),
)]
pub(crate) async fn replay(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(webhook): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<ReplayWebhook>,
) -> Result<Response, ApiError> {
    let since = moment("since", &body.since)?;
    let asked = (webhook.clone(), body);
    let org = state.control().find_webhook(&op, &webhook).await?.org.to_string();
    let (control, caller) = (state.control().clone(), op.clone());
    let work = async move {
        let deliveries = control.replay_webhook(&caller, &webhook, since).await?;
        Ok((StatusCode::ACCEPTED, WebhookReplayed { deliveries }))
    };
    once(&state, &op, &headers, "POST /v1/webhooks/{webhook}/replay", Some(&org), &asked, work).await
}
