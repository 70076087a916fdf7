//! `DELETE /api/super/users/{id}/files/{path}`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedDeleted};

use super::files::PathOfFile;
use super::target::Target;
use crate::HttpState;
use crate::problem::ApiError;

/// Throw a file or directory away, in the older shape
///
/// It lies in the box's trash for seven days.
#[utoipa::path(
    delete,
    path = "/api/super/users/{id}/files/{*path}",
    tag = "seeds",
    operation_id = "seedDeleteFile",
    params(
        ("id" = String, Path, description = "A person's id: their default box; or a box's id or name."),
        ("path" = String, Path, description = "Path below the agent's home; slashes between its names."),
        SeedBoxQuery,
    ),
    responses((status = OK, description = "It is not there any more.", body = SeedDeleted)),
)]
pub(crate) async fn file_delete(
    State(state): State<HttpState>,
    target: Target,
    PathOfFile(path): PathOfFile,
) -> Result<Json<SeedDeleted>, ApiError> {
    let thrown = state.control().remove_file(&target.op, &target.reference(), &path, false).await?;
    let trashed_as = thrown.map(|thrown| thrown.place.lossy());
    Ok(Json(SeedDeleted { deleted: true, path: path.lossy(), trashed_as }))
}
