//! Requests that are larger than a document.

use std::path::Path;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, Method};
use reqwest::Body;
use serde::de::DeserializeOwned;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use super::{Client, Route};
use crate::exit::Exit;
use crate::failure::Failure;

/// What is read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// What must be in the place of what is written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Whatever.
    None,
    /// Nothing.
    Absent,
    /// A file with this entity tag.
    Match(String),
}

impl Client {
    /// Puts something large in a place, as it is read. It has no time limit of its own.
    pub(crate) async fn upload<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        condition: &Condition,
        content: impl AsyncRead + Send + 'static,
    ) -> Result<T, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        let bound: Option<(HeaderName, String)> = match condition {
            Condition::None => None,
            Condition::Absent => Some((IF_NONE_MATCH, "*".to_owned())),
            Condition::Match(tag) => Some((IF_MATCH, format!("\"{}\"", tag.trim_matches('"')))),
        };
        if let Some((name, value)) = bound {
            let value = HeaderValue::try_from(value)
                .map_err(|_error| Failure::new(Exit::Usage, "This is no ETag of a file."))?;
            headers.insert(name, value);
        }
        self.stream(Method::PUT, &route, headers, content).await
    }

    /// Sends an archive that is a file. It has no time limit of its own.
    ///
    /// # Errors
    /// The file cannot be read; what the platform refuses.
    pub(crate) async fn upload_archive<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        path: &Path,
    ) -> Result<T, Failure> {
        let unreadable = |error: std::io::Error| {
            Failure::new(Exit::Usage, format!("{} cannot be read.", path.display())).detail(error.to_string())
        };
        let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let length = file.metadata().await.map_err(unreadable)?.len();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zstd"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        self.stream(Method::POST, &route, headers, file).await
    }

    async fn stream<T: DeserializeOwned>(
        &self,
        method: Method,
        route: &Route<'_>,
        headers: HeaderMap,
        content: impl AsyncRead + Send + 'static,
    ) -> Result<T, Failure> {
        let mut request = self.request(method, route);
        request.headers_mut().extend(headers);
        *request.body_mut() = Some(Body::wrap_stream(ReaderStream::with_capacity(content, PIECE_BYTES)));
        self.json(self.send(request).await?).await
    }
}
