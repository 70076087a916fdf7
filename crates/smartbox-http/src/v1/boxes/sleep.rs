//! `POST /v1/boxes/{box}/sleep`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{Launched, SleepBox};
use smartbox_core::SleepTier;

use super::{BoxReference, launched};
use crate::HttpState;
use crate::body::OptionalJsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Put a box to sleep
///
/// Its gateway ends what it does first, for at most five minutes; the operation fails when it does not. Whoever needs
/// the box wakes it. Asking twice is asking once, and a box that sleeps deeper is left alone.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/sleep",
    tag = "boxes",
    operation_id = "sleepBox",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    request_body = Option<SleepBox>,
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn sleep(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody<SleepBox>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let tier = match body.tier.as_deref() {
        None => SleepTier::Frozen,
        Some(text) => text.parse().map_err(|_unknown| {
            let known = SleepTier::ALL.map(|tier| format!("`{tier}`")).join(", ");
            ApiError::field("tier", format!("is one of {known}"))
        })?,
    };
    Ok(launched(&state.control().sleep_box(&op, &reference, tier, version).await?))
}
