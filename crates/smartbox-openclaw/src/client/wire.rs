//! Frames (`GatewayFrame` of the protocol's schema).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ClientError;

/// A call.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    method: &'a str,
    params: &'a Value,
}

impl<'a> Request<'a> {
    pub(super) fn new(id: &'a str, method: &'a str, params: &'a Value) -> Self {
        Self { kind: "req", id, method, params }
    }

    pub(super) fn to_text(&self) -> Result<String, ClientError> {
        serde_json::to_string(self).map_err(ClientError::unexpected)
    }
}

/// What a gateway sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Frame {
    /// The answer to a call.
    Res(Response),
    /// News.
    Event(Event),
    /// A kind that this client has no use for.
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(super) struct Response {
    pub(super) id: String,
    ok: bool,
    #[serde(default)]
    payload: Value,
    error: Option<ErrorShape>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) event: String,
    #[serde(default)]
    pub(super) payload: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorShape {
    code: String,
    message: String,
    retry_after_ms: Option<u64>,
}

impl Response {
    pub(super) fn into_result(self) -> Result<Value, ClientError> {
        if self.ok {
            return Ok(self.payload);
        }
        let error = self.error.ok_or_else(|| ClientError::unexpected("an error without its shape"))?;
        Err(ClientError::Refused {
            code: error.code,
            message: error.message,
            retry_after: error.retry_after_ms.map(Duration::from_millis),
        })
    }
}

pub(super) fn parse(text: &str) -> Result<Frame, ClientError> {
    serde_json::from_str(text).map_err(ClientError::unexpected)
}
