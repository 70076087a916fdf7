//! The box and the path of an address, as they were sent.
//!
//! Not axum's: that one decodes a path as a whole, so that a slash which is part of a name could not be told from one that is not,
//! and it takes no names that are not UTF-8.

use axum::extract::FromRequestParts;
use http::request::Parts;
use smartbox_control::Error;
use smartbox_files::FilePath;

use crate::HttpState;
use crate::problem::ApiError;

/// What stands before the box.
const BEFORE: &str = "/v1/boxes/";
/// What stands between the box and the path.
const BETWEEN: &str = "/files/";

/// The `{box}` and the `{path}` of an address.
pub(crate) struct Place {
    /// An id, a name or `default`.
    pub(super) reference: String,
    /// A path below the agent's home.
    pub(super) path: FilePath,
}

impl FromRequestParts<HttpState> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &HttpState) -> Result<Self, ApiError> {
        let (reference, path) =
            split(parts.uri.path()).ok_or_else(|| ApiError::from(Error::NotFound("box")))?;
        let path = FilePath::from_url(path).map_err(|error| ApiError::field("path", error.to_string()))?;
        Ok(Self { reference, path })
    }
}

/// What is no reference is the name of no box.
fn split(address: &str) -> Option<(String, &str)> {
    let (reference, path) = address.strip_prefix(BEFORE)?.split_once(BETWEEN)?;
    let reference = FilePath::from_url(reference).ok()?;
    Some((reference.lossy(), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_between_box_and_path_counts() {
        assert_eq!(split("/v1/boxes/home/files/a/files/b"), Some(("home".to_owned(), "a/files/b")));
        assert_eq!(split("/v1/boxes/ho%6De/files/a"), Some(("home".to_owned(), "a")));
        assert_eq!(split("/v1/boxes/home/files"), None);
        assert_eq!(split("/v1/boxes/../files/a"), None);
        assert_eq!(split("/elsewhere"), None);
    }
}
