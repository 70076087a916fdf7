//! `PUT /api/super/users/{id}/files/{path}`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedWrite, SeedWritten};

use super::files::{PathOfFile, bytes_of, write};
use super::target::Target;
use crate::HttpState;
use crate::body::JsonBody;
use crate::problem::ApiError;

/// Write a file, in the older shape
///
/// As a whole, with the directories on its way. It belongs to the box's agent.
#[utoipa::path(
    put,
    path = "/api/super/users/{id}/files/{*path}",
    tag = "seeds",
    operation_id = "seedPutFile",
    params(
        ("id" = String, Path, description = "A person's id: their default box; or a box's id or name."),
        ("path" = String, Path, description = "Path below the agent's home; slashes between its names."),
        SeedBoxQuery,
    ),
    request_body = SeedWrite,
    responses((status = OK, description = "It is written.", body = SeedWritten)),
)]
pub(crate) async fn file_put(
    State(state): State<HttpState>,
    target: Target,
    PathOfFile(path): PathOfFile,
    JsonBody(body): JsonBody<SeedWrite>,
) -> Result<Json<SeedWritten>, ApiError> {
    let content = bytes_of(body.content, body.encoding.as_deref())?;
    let entry = write(state.control(), &target.op, &target.reference(), &path, content).await?;
    Ok(Json(SeedWritten { written: true, path: path.lossy(), size: entry.bytes }))
}
