//! `POST /v1/webhooks/{webhook}/ping`

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::DeliveryView;

use super::delivery_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Try a webhook
///
/// Sends an event `webhook.ping`, whatever types the webhook is about. Its delivery tells what came of it.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/ping",
    tag = "webhooks",
    operation_id = "pingWebhook",
    params(
        ("webhook" = String, Path, description = "Id."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours."),
    ),
    responses((status = ACCEPTED, description = "The delivery that was begun.", body = DeliveryView)),
)]
pub(crate) async fn ping(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(webhook): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let asked = webhook.clone();
    // Before the key is looked at: one that is not there has none.
    let org = state.control().find_webhook(&op, &webhook).await?.org.to_string();
    let (control, caller) = (state.control().clone(), op.clone());
    let work = async move {
        let begun = control.ping_webhook(&caller, &webhook).await?;
        Ok((StatusCode::ACCEPTED, delivery_view(&begun)))
    };
    once(&state, &op, &headers, "POST /v1/webhooks/{webhook}/ping", Some(&org), &asked, work).await
}
