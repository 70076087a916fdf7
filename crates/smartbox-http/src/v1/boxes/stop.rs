//! `POST /v1/boxes/{box}/stop`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::Launched;

use super::{BoxReference, launched};
use crate::HttpState;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Stop a box
///
/// Its gateway finishes its work first; its disk stays. Brings a deleted box back, stopped, while its grace period lasts.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/stop",
    tag = "boxes",
    operation_id = "stopBox",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn stop(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(launched(&state.control().stop_box(&op, &reference, version).await?))
}
