//! `POST /v1/boxes/{box}/wake`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::Launched;

use super::{BoxReference, launched};
use crate::HttpState;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Wake a box
///
/// One that runs is left alone, one that was stopped is started. It goes through the same gate as every request that wakes a
/// box.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/wake",
    tag = "boxes",
    operation_id = "wakeBox",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn wake(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(launched(&state.control().wake_box_now(&op, &reference, version).await?))
}
