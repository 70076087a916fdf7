//! Messages of the Model Context Protocol.

use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::{Client, Route};
use crate::failure::Failure;

/// What the protocol asks clients to accept.
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
/// Says which version of the protocol was agreed on.
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// Longest time for the answer: a command that is waited for, and what a sleeping box takes to wake.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(10);

impl Client {
    /// Passes a message on; what is answered to it, if it is a request.
    pub(crate) async fn mcp(&self, message: &Value, version: Option<&str>) -> Result<Option<Value>, Failure> {
        let mut request = self.with_body(Method::POST, &Route::root(&["mcp"]), message)?;
        *request.timeout_mut() = Some(ANSWER_TIMEOUT);
        request.headers_mut().insert(ACCEPT, BOTH);
        if let Some(version) = version.and_then(|version| HeaderValue::from_str(version).ok()) {
            request.headers_mut().insert(VERSION, version);
        }
        let response = self.send(request).await?;
        // A notification is taken, and nothing is said.
        if response.status() == StatusCode::ACCEPTED {
            return Ok(None);
        }
        self.json(response).await.map(Some)
    }
}
