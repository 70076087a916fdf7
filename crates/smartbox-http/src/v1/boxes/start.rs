//! `POST /v1/boxes/{box}/start`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::Launched;

use super::{BoxReference, launched};
use crate::HttpState;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Start a box
///
/// Brings a deleted box back while its grace period lasts. A failed box is tried afresh.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/start",
    tag = "boxes",
    operation_id = "startBox",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn start(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(launched(&state.control().start_box(&op, &reference, version).await?))
}
