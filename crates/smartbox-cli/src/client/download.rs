//! Answers that are larger than a document.

use bytes::Bytes;
use http::Method;
use reqwest::Response;

use super::{Client, Route};
use crate::exit::Exit;
use crate::failure::Failure;

/// What comes piece by piece. It has no time limit of its own.
pub(crate) struct Download {
    response: Response,
}

impl Client {
    /// Asks for something large.
    pub(crate) async fn download(&self, route: Route<'_>) -> Result<Download, Failure> {
        let response = self.send(self.request(Method::GET, &route)).await?;
        Ok(Download { response })
    }
}

impl Download {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The answer breaks off: what was written so far is not complete.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        self.response.chunk().await.map_err(|error| {
            Failure::new(Exit::Unreachable, "The answer broke off; it is not complete.")
                .detail(error.to_string())
        })
    }
}
