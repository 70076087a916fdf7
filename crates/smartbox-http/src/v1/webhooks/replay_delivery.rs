//! `POST /v1/webhooks/{webhook}/deliveries/{event}/replay`

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::DeliveryView;

use super::delivery_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Send an event again
///
/// Whatever came of it before. It keeps its id, and its attempts begin anew.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/deliveries/{event}/replay",
    tag = "webhooks",
    operation_id = "replayDelivery",
    params(
        ("webhook" = String, Path, description = "Id."),
        ("event" = String, Path, description = "Id of the event."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours."),
    ),
    responses((status = ACCEPTED, description = "The delivery.", body = DeliveryView)),
)]
pub(crate) async fn replay_delivery(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((webhook, event)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let asked = (webhook.clone(), event.clone());
    let org = state.control().find_webhook(&op, &webhook).await?.org.to_string();
    let (control, caller) = (state.control().clone(), op.clone());
    let work = async move {
        let begun = control.replay_delivery(&caller, &webhook, &event).await?;
        Ok((StatusCode::ACCEPTED, delivery_view(&begun)))
    };
    let route = "POST /v1/webhooks/{webhook}/deliveries/{event}/replay";
    once(&state, &op, &headers, route, Some(&org), &asked, work).await
}
