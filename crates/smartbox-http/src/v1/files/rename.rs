//! `POST /v1/boxes/{box}/files:move`

use axum::Json;
use axum::extract::State;
use smartbox_api::{FileView, MoveFile};

use super::{file_view, path_of};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Move a file or directory
///
/// Within the box, at once.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/files:move",
    tag = "files",
    operation_id = "moveFile",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    request_body = MoveFile,
    responses((status = OK, description = "What is there now.", body = FileView)),
)]
pub(crate) async fn rename(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    JsonBody(body): JsonBody<MoveFile>,
) -> Result<Json<FileView>, ApiError> {
    let (from, to) = (path_of("from", &body.from)?, path_of("to", &body.to)?);
    let how = (body.replace, body.parents);
    let entry = state.control().move_file(&op, &reference, (&from, &to), how).await?;
    Ok(Json(file_view(&entry, &to)))
}
