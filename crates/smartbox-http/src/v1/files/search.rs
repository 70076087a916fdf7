//! `POST /v1/boxes/{box}/files:search`

use axum::Json;
use axum::extract::State;
use smartbox_api::{FileHit, FileSearchRequest, FileSearchResult};
use smartbox_control::FileSearch;
use smartbox_files::Hit;

use super::{file_view, path_of};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Find files
///
/// By a part of their names, of a line in them, or both. Looks at no more than 200,000 files and 256 MiB, and for no longer than ten
/// seconds; `limit` in the answer says when that was not all. Links are not followed.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/files:search",
    tag = "files",
    operation_id = "searchFiles",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    request_body = FileSearchRequest,
    responses((status = OK, description = "What was found.", body = FileSearchResult)),
)]
pub(crate) async fn search(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    JsonBody(body): JsonBody<FileSearchRequest>,
) -> Result<Json<FileSearchResult>, ApiError> {
    let wanted = FileSearch {
        below: path_of("path", body.path.as_deref().unwrap_or_default())?,
        name: body.name,
        content: body.content,
        limit: body.limit,
    };
    let found = state.control().search_files(&op, &reference, wanted).await?;
    Ok(Json(FileSearchResult {
        items: found.hits.iter().map(hit).collect(),
        limit: found.limit.map(|limit| limit.as_str().to_owned()),
    }))
}

fn hit(hit: &Hit) -> FileHit {
    FileHit {
        file: file_view(&hit.entry, &hit.path),
        line: hit.line.as_ref().map(|(number, _text)| *number),
        text: hit.line.as_ref().map(|(_number, text)| String::from_utf8_lossy(text).into_owned()),
    }
}
