//! Streams of server-sent events.

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamEvent {
    /// Its name; empty for the standard kind.
    pub name: String,
    /// Its data.
    pub data: String,
    /// Its own id, if it has one.
    pub id: Option<String>,
}

impl StreamEvent {
    /// Its data as JSON.
    ///
    /// # Panics
    /// When it is not.
    #[expect(clippy::panic, reason = "that is how a test fails")]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// An answer of server-sent events. Dropping it is what a client does that leaves.
pub struct EventStream {
    /// Status of the answer.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    pieces: BodyDataStream,
    buffer: String,
}

impl EventStream {
    pub(super) fn new(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            pieces: body.into_data_stream(),
            buffer: String::new(),
        }
    }

    /// The next event; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (event, rest) = (parse(block), rest.to_owned());
                self.buffer = rest;
                match event {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let piece: Bytes = self.pieces.next().await?.ok()?;
            self.buffer.push_str(&String::from_utf8_lossy(&piece));
        }
    }

    /// Every event up to the end of the stream.
    pub async fn rest(&mut self) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// One block of lines; `None` for a comment.
fn parse(block: &str) -> Option<StreamEvent> {
    let mut event = StreamEvent::default();
    let mut data = Vec::new();
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut event.name),
            "data" => data.push(value),
            "id" => event.id = Some(value.to_owned()),
            _ => {}
        }
    }
    event.data = data.join("\n");
    (!data.is_empty() || !event.name.is_empty()).then_some(event)
}
