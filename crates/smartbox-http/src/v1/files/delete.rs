//! `DELETE /v1/boxes/{box}/files/{path}`

use axum::Json;
use axum::extract::State;
use smartbox_api::{DeleteFileQuery, RemovedFile};
use smartbox_control::Thrown;

use super::place::Place;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Throw a file or directory away
///
/// It lies in the box's trash for seven days, or until the trash has more than 1 GiB, and can be moved back from there. No backup has
/// the trash. With `permanent` it is removed for good.
#[utoipa::path(
    delete,
    path = "/v1/boxes/{box}/files/{*path}",
    tag = "files",
    operation_id = "deleteFile",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("path" = String, Path, description = "Path below the agent's home; slashes between its names."),
        DeleteFileQuery,
    ),
    responses((status = OK, description = "It is not there any more.", body = RemovedFile)),
)]
pub(crate) async fn delete(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Place { reference, path }: Place,
    QueryOf(query): QueryOf<DeleteFileQuery>,
) -> Result<Json<RemovedFile>, ApiError> {
    let for_good = query.permanent.unwrap_or(false);
    Ok(Json(removed(state.control().remove_file(&op, &reference, &path, for_good).await?.as_ref())))
}

pub(super) fn removed(thrown: Option<&Thrown>) -> RemovedFile {
    RemovedFile {
        trashed_as: thrown.map(|thrown| thrown.place.encoded()),
        expires_at: thrown.map(|thrown| thrown.until.to_string()),
    }
}
