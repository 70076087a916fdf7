//! What a tool answers: the route's answer in the protocol's words.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

/// Most bytes of an answer: it goes into a model's context.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// How long a stream is listened to. Clients give up after a minute, as a rule.
const STREAM_TIME_MAX: Duration = Duration::from_secs(50);

/// Reads the answer of a route.
pub(super) async fn of(response: Response) -> CallToolResult {
    let status = response.status();
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_owned();
    let is_stream = media_type.starts_with("text/event-stream");
    let read = read(response.into_body(), is_stream).await;
    match read {
        Read::Whole(bytes) if is_stream => stream(&bytes, false),
        Read::Part(bytes) => stream(&bytes, true),
        Read::Whole(bytes) => whole(status, &media_type, &bytes),
        Read::TooLarge => failed(&format!(
            "The answer is larger than {} KiB. Ask for less of it: `limit`, `tail`, `range` (such as `bytes=0-65535`).",
            ANSWER_BYTES_MAX / 1024
        )),
        Read::Broken => failed(
            "The answer broke off. Nobody knows whether what was asked was done: look before you ask again.",
        ),
    }
}

/// A call that came to nothing, in words.
pub(super) fn failed(words: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(words)])
}

enum Read {
    Whole(Bytes),
    /// Of a stream that goes on.
    Part(Bytes),
    TooLarge,
    Broken,
}

async fn read(body: Body, is_stream: bool) -> Read {
    let mut gathered = BytesMut::new();
    let mut chunks = body.into_data_stream();
    let deadline = tokio::time::sleep(STREAM_TIME_MAX);
    tokio::pin!(deadline);
    loop {
        let next = tokio::select! {
            next = chunks.next() => next,
            () = &mut deadline, if is_stream => return Read::Part(gathered.freeze()),
        };
        match next {
            None => return Read::Whole(gathered.freeze()),
            Some(Err(_lost)) => return Read::Broken,
            Some(Ok(chunk)) if gathered.len() + chunk.len() > ANSWER_BYTES_MAX => return Read::TooLarge,
            Some(Ok(chunk)) => gathered.extend_from_slice(&chunk),
        }
    }
}

fn whole(status: StatusCode, media_type: &str, bytes: &Bytes) -> CallToolResult {
    let is_json = media_type.starts_with("application/json") || media_type.contains("+json");
    if is_json && let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        let is_well = status.is_success();
        return if is_well {
            CallToolResult::structured(value)
        } else {
            CallToolResult::structured_error(value)
        };
    }
    if !status.is_success() {
        return failed(&format!("The platform answered with status {}.", status.as_u16()));
    }
    if bytes.is_empty() {
        return CallToolResult::success(vec![ContentBlock::text("done")]);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
        Err(_binary) => {
            CallToolResult::structured(json!({ "encoding": "base64", "content": STANDARD.encode(bytes) }))
        }
    }
}

/// The events of a stream: lines of a log, or what the agent says.
fn stream(bytes: &Bytes, goes_on: bool) -> CallToolResult {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = Vec::new();
    for event in text.split("\n\n") {
        let (name, data) = event_of(event);
        let field = |name: &str| {
            serde_json::from_str::<Value>(&data)
                .ok()
                .and_then(|value| value[name].as_str().map(str::to_owned))
        };
        match name {
            Some("final") => {
                return CallToolResult::success(vec![ContentBlock::text(field("text").unwrap_or(data))]);
            }
            Some("failed" | "problem") => {
                return match serde_json::from_str(&data) {
                    Ok(problem) => CallToolResult::structured_error(problem),
                    Err(_text) => failed(&data),
                };
            }
            None if !data.is_empty() => lines.push(data),
            _ => {}
        }
    }
    if goes_on && lines.is_empty() {
        return failed("The agent has not answered yet. Its turn goes on: ask it again later.");
    }
    CallToolResult::success(vec![ContentBlock::text(lines.join("\n"))])
}

/// Name and data of one event (HTML Living Standard, §9.2.6).
fn event_of(event: &str) -> (Option<&str>, String) {
    let mut name = None;
    let mut data = Vec::new();
    for line in event.lines() {
        match line.split_once(':').map(|(field, value)| (field, value.strip_prefix(' ').unwrap_or(value))) {
            Some(("event", value)) => name = Some(value),
            Some(("data", value)) => data.push(value),
            _ => {}
        }
    }
    (name, data.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(result: &CallToolResult) -> (bool, String) {
        (
            result.is_error == Some(true),
            serde_json::to_value(&result.content).unwrap()[0]["text"].as_str().unwrap().to_owned(),
        )
    }

    fn answer(status: u16, media_type: &str, body: impl Into<Body>) -> Response {
        Response::builder().status(status).header(CONTENT_TYPE, media_type).body(body.into()).unwrap()
    }

    #[tokio::test]
    async fn problems_are_errors_and_documents_are_structured() {
        let well = of(answer(200, "application/json", r#"{"a":1}"#)).await;
        assert_eq!((well.is_error, well.structured_content), (Some(false), Some(json!({ "a": 1 }))));
        let bad = of(answer(404, "application/problem+json", r#"{"code":"box-not-found"}"#)).await;
        assert_eq!(
            (bad.is_error, &bad.structured_content.unwrap()["code"]),
            (Some(true), &json!("box-not-found"))
        );
        assert_eq!(said(&of(answer(204, "", "")).await), (false, "done".into()));
    }

    #[tokio::test]
    async fn what_is_too_much_for_a_model_is_refused_with_what_to_do() {
        let (is_error, text) = said(&of(answer(200, "text/plain", vec![b'a'; ANSWER_BYTES_MAX + 1])).await);
        assert!(is_error && text.contains("`range`"), "{text}");
        let whole = of(answer(200, "text/plain", vec![b'a'; ANSWER_BYTES_MAX])).await;
        assert_eq!(said(&whole).1.len(), ANSWER_BYTES_MAX);
        let binary = of(answer(200, "application/octet-stream", vec![0xff, 0])).await;
        assert_eq!(binary.structured_content.unwrap()["content"], "/wA=");
    }

    #[tokio::test]
    async fn of_a_stream_the_lines_or_the_last_word_are_told() {
        let log = "id: 4\ndata: one\n\ndata: two\n\n:beat\n\nevent: end\ndata: {}\n\n";
        assert_eq!(said(&of(answer(200, "text/event-stream", log)).await), (false, "one\ntwo".into()));
        let chat = "event: delta\ndata: {\"text\":\"He\"}\n\nevent: final\ndata: {\"type\":\"final\",\"text\":\"Hello\"}\n\n";
        assert_eq!(said(&of(answer(200, "text/event-stream", chat)).await), (false, "Hello".into()));
        let failed = "event: failed\ndata: {\"problem\":{\"code\":\"x\"}}\n\n";
        assert_eq!(of(answer(200, "text/event-stream", failed)).await.is_error, Some(true));
    }
}
