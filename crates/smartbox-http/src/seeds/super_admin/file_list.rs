//! `GET /api/super/users/{id}/files`

use std::collections::VecDeque;

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedFiles, SeedFilesQuery};
use smartbox_control::{Error, Looked};
use smartbox_files::{FilePath, Kind};

use super::files::{file_view, path_of};
use super::target::Target;
use crate::HttpState;
use crate::body::QueryOf;
use crate::problem::ApiError;

/// Most entries of one answer.
const ENTRIES_MAX: usize = 1000;

/// List files, in the older shape
///
/// Works on a box that sleeps or is stopped, and wakes none.
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/files",
    tag = "seeds",
    operation_id = "seedFiles",
    params(
        ("id" = String, Path, description = "A person's id: their default box; or a box's id or name."),
        SeedBoxQuery,
        SeedFilesQuery,
    ),
    responses((status = OK, description = "What is in the directory.", body = SeedFiles)),
)]
pub(crate) async fn file_list(
    State(state): State<HttpState>,
    target: Target,
    QueryOf(query): QueryOf<SeedFilesQuery>,
) -> Result<Json<SeedFiles>, ApiError> {
    let directory = query.path.as_deref().map_or_else(|| Ok(FilePath::home()), path_of)?;
    let is_recursive = query.recursive.unwrap_or(false);
    let (mut entries, mut truncated) = (Vec::new(), false);
    let mut to_list = VecDeque::from([directory.clone()]);
    while let Some(next) = to_list.pop_front() {
        let page = (None, ENTRIES_MAX);
        let looked = state.control().look_at_file(&target.op, &target.reference(), &next, page).await;
        let listing = match looked {
            Ok(Looked::Directory(listing)) => listing,
            Ok(Looked::File(_)) => return Err(Error::from(smartbox_files::Error::NotADirectory).into()),
            // What was there a moment ago, and is not what was asked for.
            Err(Error::NotFound(_) | Error::Conflict { .. }) if next != directory => continue,
            Err(error) => return Err(error.into()),
        };
        truncated |= listing.next.is_some();
        for entry in &listing.entries {
            let Ok(path) = next.join(&entry.name) else { continue };
            if entries.len() >= ENTRIES_MAX {
                truncated = true;
                break;
            }
            if is_recursive && entry.kind == Kind::Directory {
                to_list.push_back(path.clone());
            }
            entries.push(file_view(entry, &path));
        }
        if truncated {
            break;
        }
    }
    Ok(Json(SeedFiles { user_id: target.user, path: directory.lossy(), entries, truncated }))
}
