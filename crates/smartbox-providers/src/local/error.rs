//! System errors as provider errors: by what the caller can do about them.

use std::io::{self, ErrorKind};
use std::path::Path;

use smartbox_provider::ProviderError;

/// Turns a failure at a path into an error that names the path and, where a person must act, the remedy.
pub(super) fn at(what: &str, path: &Path, error: impl Into<io::Error>) -> ProviderError {
    let error = error.into();
    let place = path.display();
    let permanent = |what: String, remedy: String, error: io::Error| ProviderError::Permanent {
        what,
        remedy,
        source: Some(error.into()),
    };
    // By kind, not by number: some wrappers of the system's errors keep only that.
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => permanent(
            format!("{what}: the disk is full at {place}"),
            format!("Free space or inodes on the file system of {place}, then start the box again."),
            error,
        ),
        ErrorKind::ReadOnlyFilesystem => permanent(
            format!("{what}: {place} is on a read-only file system"),
            format!("Make the file system of {place} writable, or choose another data directory."),
            error,
        ),
        ErrorKind::PermissionDenied => permanent(
            format!("{what}: permission denied at {place}"),
            "Run the platform as root; `smartbox doctor` shows what it lacks.".to_owned(),
            error,
        ),
        _ => ProviderError::transient(format!("{what}: {place}: {error}"), error),
    }
}

/// For `map_err` at the end of a call that touches one path.
pub(super) fn at_path<E: Into<io::Error>>(what: &str, path: &Path) -> impl FnOnce(E) -> ProviderError {
    move |error| at(what, path, error)
}
