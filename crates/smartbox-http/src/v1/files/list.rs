//! `GET /v1/boxes/{box}/files`

use axum::Json;
use axum::extract::State;
use smartbox_api::{FileList, FileQuery};
use smartbox_control::{Error, Looked};
use smartbox_files::FilePath;

use super::file_list;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Names on a page when nobody says how many.
const LIMIT_DEFAULT: u32 = 200;
/// Most names on a page.
const LIMIT_MAX: u32 = 1000;

/// List the agent's home
///
/// Works on a box that sleeps or is stopped, and wakes none.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/files",
    tag = "files",
    operation_id = "listFiles",
    params(("box" = String, Path, description = "Id, name or `default`."), FileQuery),
    responses((status = OK, description = "A page of the directory, by name.", body = FileList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    QueryOf(query): QueryOf<FileQuery>,
) -> Result<Json<FileList>, ApiError> {
    let home = FilePath::home();
    match state.control().look_at_file(&op, &reference, &home, page(&query)?).await? {
        Looked::Directory(listing) => Ok(Json(file_list(&listing, &home))),
        Looked::File(_) => Err(Error::NotFound("box file").into()),
    }
}

/// Behind which name a page begins, and how long it is.
pub(super) fn page(query: &FileQuery) -> Result<(Option<Vec<u8>>, usize), ApiError> {
    let limit = match query.limit.unwrap_or(LIMIT_DEFAULT) {
        limit @ 1..=LIMIT_MAX => usize::try_from(limit).unwrap_or(usize::MAX),
        _ => return Err(ApiError::field("limit", format!("must be 1 to {LIMIT_MAX}"))),
    };
    let bad = |_error| ApiError::field("cursor", "must be the `next_cursor` of the page before");
    let after = query.cursor.as_deref().map(FilePath::from_url).transpose().map_err(bad)?;
    Ok((after.map(|name| name.as_bytes().to_vec()), limit))
}
