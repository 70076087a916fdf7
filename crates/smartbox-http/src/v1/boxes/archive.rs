//! `POST /v1/boxes/{box}/archive`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::Launched;

use super::{BoxReference, launched};
use crate::HttpState;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Archive a box
///
/// For one that sleeps or is stopped. A last backup is made and every byte of it is read back; then its disk is freed. The backup
/// takes the place of the disk when the box is needed. A box whose last backup is not trusted keeps its disk.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/archive",
    tag = "boxes",
    operation_id = "archiveBox",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn archive(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(launched(&state.control().archive_box(&op, &reference, version).await?))
}
