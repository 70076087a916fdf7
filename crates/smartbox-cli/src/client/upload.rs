//! Requests that are larger than a document.

use std::path::Path;

use futures_util::stream::try_unfold;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt as _;

use super::{Client, Route};
use crate::exit::Exit;
use crate::failure::Failure;

/// Bytes that are sent at a time.
const PIECE_BYTES: usize = 256 * 1024;

impl Client {
    /// Sends an archive. It has no time limit of its own.
    ///
    /// # Errors
    /// The file cannot be read; what the platform refuses.
    pub(crate) async fn upload<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        path: &Path,
    ) -> Result<T, Failure> {
        let unreadable = |error: std::io::Error| {
            Failure::new(Exit::Usage, format!("{} cannot be read.", path.display())).detail(error.to_string())
        };
        let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let length = file.metadata().await.map_err(unreadable)?.len();
        let pieces = try_unfold(file, |mut file| async move {
            let mut piece = vec![0; PIECE_BYTES];
            let read = file.read(&mut piece).await?;
            piece.truncate(read);
            Ok::<_, std::io::Error>((read > 0).then_some((piece, file)))
        });
        let mut request = self.request(Method::POST, &route);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/zstd"));
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        *request.body_mut() = Some(reqwest::Body::wrap_stream(pieces));
        self.json(self.send(request).await?).await
    }
}
