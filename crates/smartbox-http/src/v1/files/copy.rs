//! `POST /v1/boxes/{box}/files:copy`

use axum::Json;
use axum::extract::State;
use smartbox_api::{FileView, MoveFile};

use super::{file_view, path_of};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Copy a file or directory
///
/// With everything in it: at most 20,000 files and 4 GiB. Links are copied as links.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/files:copy",
    tag = "files",
    operation_id = "copyFile",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    request_body = MoveFile,
    responses((status = OK, description = "What is there now.", body = FileView)),
)]
pub(crate) async fn copy(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    JsonBody(body): JsonBody<MoveFile>,
) -> Result<Json<FileView>, ApiError> {
    let (from, to) = (path_of("from", &body.from)?, path_of("to", &body.to)?);
    let how = (body.replace, body.parents);
    let entry = state.control().copy_file(&op, &reference, (&from, &to), how).await?;
    Ok(Json(file_view(&entry, &to)))
}
