//! Files of boxes: views, and one file per route.

mod batch;
mod conditions;
mod copy;
mod delete;
mod empty_trash;
mod get;
mod list;
mod make_dir;
mod place;
mod range;
mod rename;
mod search;
mod write;

use jiff::Timestamp;
use smartbox_api::{FileList, FileView};
use smartbox_files::{Entry, FilePath, Listing};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::problem::ApiError;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(get::get, write::write, delete::delete))
        .routes(routes!(make_dir::make_dir))
        .routes(routes!(rename::rename))
        .routes(routes!(copy::copy))
        .routes(routes!(search::search))
        .routes(routes!(batch::batch))
        .routes(routes!(empty_trash::empty_trash))
}

/// Something as the API shows it. `path` is its own.
fn file_view(entry: &Entry, path: &FilePath) -> FileView {
    FileView {
        name: String::from_utf8_lossy(&entry.name).into_owned(),
        path: path.encoded(),
        kind: entry.kind.as_str().to_owned(),
        bytes: entry.bytes,
        modified_at: Timestamp::from_millisecond(entry.modified_ms)
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_string(),
        mode: format!("{:o}", entry.mode),
        etag: entry.tag.clone(),
        target: entry.target.as_ref().map(|target| String::from_utf8_lossy(target).into_owned()),
    }
}

/// A page of a directory. Its cursor is the last name, in a form that no name can break.
fn file_list(listing: &Listing, directory: &FilePath) -> FileList {
    let view = |entry: &Entry| Some(file_view(entry, &directory.join(&entry.name).ok()?));
    FileList {
        items: listing.entries.iter().filter_map(view).collect(),
        next_cursor: listing.next.as_ref().and_then(|name| Some(FilePath::home().join(name).ok()?.encoded())),
    }
}

/// The path that a field of a body holds.
fn path_of(field: &str, text: &str) -> Result<FilePath, ApiError> {
    FilePath::parse(text.as_bytes()).map_err(|error| ApiError::field(field, error.to_string()))
}
