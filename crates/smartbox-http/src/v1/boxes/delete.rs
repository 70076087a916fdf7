//! `DELETE /v1/boxes/{box}`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::Launched;

use super::{BoxReference, launched};
use crate::HttpState;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Delete a box
///
/// It is stopped at once and removed with its disk after a grace period (`purge_at`); until then, starting or
/// stopping it brings it back.
#[utoipa::path(
    delete,
    path = "/v1/boxes/{box}",
    tag = "boxes",
    operation_id = "deleteBox",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn delete(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(launched(&state.control().delete_box(&op, &reference, version).await?))
}
