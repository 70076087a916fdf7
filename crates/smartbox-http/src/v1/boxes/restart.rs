//! `POST /v1/boxes/{box}/restart`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::Launched;

use super::{BoxReference, launched};
use crate::HttpState;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Restart a box
///
/// Stops it and starts it afresh, with its disk.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/restart",
    tag = "boxes",
    operation_id = "restartBox",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn restart(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(launched(&state.control().restart_box(&op, &reference, version).await?))
}
