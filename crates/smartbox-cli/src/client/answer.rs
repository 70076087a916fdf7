//! Reading what the server answered, whatever it is.

use http::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use smartbox_api::{PROBLEM_CONTENT_TYPE, Problem};

use super::Client;
use crate::exit::Exit;
use crate::failure::Failure;

/// Largest answer that is read as a document, in bytes.
const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How much of an answer that is no document is shown, in characters.
const EXCERPT_CHARS_MAX: usize = 60;

impl Client {
    /// Reads a JSON document.
    pub(super) async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, Failure> {
        let body = self.body(response).await?;
        serde_json::from_slice(&body).map_err(|error| {
            // A document of another version, or of another program altogether.
            if serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok() {
                return self.not_understood(&error.to_string());
            }
            self.not_understood(&format!("it is not JSON but {}", excerpt(&body)))
        })
    }

    /// Why the server refused: its problem document, or what can be said without one.
    pub(super) async fn refused(&self, response: Response) -> Failure {
        let status = response.status();
        let media = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_problem = media.is_some_and(|media| media.starts_with(PROBLEM_CONTENT_TYPE));
        if status.is_redirection() {
            let title = format!("{} sends its callers elsewhere ({status}).", self.shown_base());
            return Failure::new(Exit::Failed, title)
                .help("Name the final address with --server. Redirects are not followed.");
        }
        let body = match self.body(response).await {
            Ok(body) => body,
            Err(failure) => return failure,
        };
        let failure = match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) if is_problem => Failure::problem(problem),
            _ => {
                let title = format!("{} answered {status}.", self.shown_base());
                let text = if body.is_empty() { "The answer is empty.".to_owned() } else { excerpt(&body) };
                Failure::new(Exit::of_status(status.as_u16()), title).detail(text)
            }
        };
        self.with_remedy(status, failure)
    }

    /// An answer that makes no sense to us.
    pub(crate) fn not_understood(&self, why: &str) -> Failure {
        let base = self.shown_base();
        Failure::new(Exit::Failed, format!("The answer of {base} could not be understood."))
            .detail(why)
            .help("Is it a Smartbox? `smartbox version` compares its version with this program's.")
    }

    fn with_remedy(&self, status: StatusCode, failure: Failure) -> Failure {
        match status {
            StatusCode::UNAUTHORIZED if self.credential.is_none() => failure.help_if_none(
                "Give a token with --token or SMARTBOX_TOKEN. On the platform's own machine it is found by itself: \
                 leave --server out.",
            ),
            StatusCode::UNAUTHORIZED => failure.help_if_none("The token is not, or no longer, valid."),
            _ => failure,
        }
    }

    /// Reads a whole body, up to a bound.
    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.not_reached(&error))? {
            if body.len() + chunk.len() > DOCUMENT_BYTES_MAX {
                return Err(self.not_understood(&format!("it is longer than {DOCUMENT_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// The beginning of an answer, on one line.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * EXCERPT_CHARS_MAX)]);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = words.chars().take(EXCERPT_CHARS_MAX).collect();
    let more = if short.len() < words.len() { "…" } else { "" };
    format!("`{short}{more}`")
}
