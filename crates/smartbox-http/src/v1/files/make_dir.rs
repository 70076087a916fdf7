//! `POST /v1/boxes/{box}/files:mkdir`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{FileView, MakeDirectory};

use super::{file_view, path_of};
use crate::HttpState;
use crate::body::{JsonBody, json};
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Make a directory
///
/// One that is there is left as it is.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/files:mkdir",
    tag = "files",
    operation_id = "makeDirectory",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    request_body = MakeDirectory,
    responses(
        (status = OK, description = "It was there.", body = FileView),
        (status = CREATED, description = "It is new.", body = FileView),
    ),
)]
pub(crate) async fn make_dir(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    JsonBody(body): JsonBody<MakeDirectory>,
) -> Result<Response, ApiError> {
    let path = path_of("path", &body.path)?;
    let (entry, is_new) = state.control().make_dir(&op, &reference, &path, body.parents).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &file_view(&entry, &path)))
}
