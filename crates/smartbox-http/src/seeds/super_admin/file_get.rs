//! `GET /api/super/users/{id}/files/{path}`, and `…/exists`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedFileContent};
use smartbox_control::Error;
use smartbox_files::FilePath;

use super::files::{PathOfFile, file_view, read};
use super::target::Target;
use crate::HttpState;
use crate::problem::ApiError;

/// The last name of a path that asks whether the one before it is there.
const EXISTS: &[u8] = b"exists";

/// Read a file, or see whether it is there, in the older shape
///
/// At most 5 MiB. `files/PATH/exists` says whether `PATH` is there, unless a file has that very name. Works on a box that sleeps or is
/// stopped, and wakes none.
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/files/{*path}",
    tag = "seeds",
    operation_id = "seedFile",
    params(
        ("id" = String, Path, description = "A person's id: their default box; or a box's id or name."),
        ("path" = String, Path, description = "Path below the agent's home; slashes between its names."),
        SeedBoxQuery,
    ),
    responses((status = OK, description = "The file.", body = SeedFileContent)),
)]
pub(crate) async fn file_get(
    State(state): State<HttpState>,
    target: Target,
    PathOfFile(path): PathOfFile,
) -> Result<Json<SeedFileContent>, ApiError> {
    let (control, reference) = (state.control(), target.reference());
    if let Some(asked) = asked_for(&path)
        && matches!(
            control.stat_file(&target.op, &reference, &path).await,
            Err(Error::NotFound(_) | Error::Conflict { .. })
        )
    {
        return exists(&state, &target, &asked).await;
    }
    let (entry, content, encoding) = read(control, &target.op, &reference, &path).await?;
    Ok(Json(SeedFileContent {
        path: path.lossy(),
        exists: true,
        content: Some(content),
        encoding: Some(encoding.to_owned()),
        source: Some("container".to_owned()),
        size: Some(entry.bytes),
        metadata: Some(file_view(&entry, &path)),
    }))
}

/// Whose existence a path asks for.
fn asked_for(path: &FilePath) -> Option<FilePath> {
    let names: Vec<&[u8]> = path.names().collect();
    let (last, before) = names.split_last()?;
    if *last != EXISTS || before.is_empty() {
        return None;
    }
    FilePath::parse(&before.join(&b'/')).ok()
}

async fn exists(
    state: &HttpState,
    target: &Target,
    path: &FilePath,
) -> Result<Json<SeedFileContent>, ApiError> {
    let entry = match state.control().stat_file(&target.op, &target.reference(), path).await {
        Ok(entry) => Some(entry),
        Err(Error::NotFound("box file")) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Json(SeedFileContent {
        path: path.lossy(),
        exists: entry.is_some(),
        content: None,
        encoding: None,
        source: None,
        size: entry.as_ref().map(|entry| entry.bytes),
        metadata: entry.as_ref().map(|entry| file_view(entry, path)),
    }))
}
