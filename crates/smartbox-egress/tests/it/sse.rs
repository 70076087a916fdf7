//! Event streams: reading them as they come, and judging them strictly.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use serde_json::Value;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: Option<String>,
    pub(crate) data: String,
}

impl Event {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {}", self.data))
    }
}

/// Reads events one by one, no sooner than they come.
pub(crate) struct Events<S> {
    chunks: S,
    /// Bytes, because a chunk may end inside a character.
    buffered: Vec<u8>,
}

/// The events of a response.
pub(crate) fn events(
    response: reqwest::Response,
) -> Events<impl Stream<Item = reqwest::Result<Bytes>> + Unpin> {
    Events { chunks: Box::pin(response.bytes_stream()), buffered: Vec::new() }
}

impl<S: Stream<Item = reqwest::Result<Bytes>> + Unpin> Events<S> {
    /// The next event; none at the proper end.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(end) = self.buffered.windows(2).position(|window| window == b"\n\n") {
                let event: Vec<u8> = self.buffered.drain(..end + 2).collect();
                return parse(std::str::from_utf8(&event[..end])?).map(Some);
            }
            match self.chunks.next().await {
                Some(chunk) => self.buffered.extend_from_slice(&chunk?),
                None if self.buffered.is_empty() => return Ok(None),
                None => {
                    bail!("the stream ended inside an event: {:?}", String::from_utf8_lossy(&self.buffered))
                }
            }
        }
    }

    /// All events up to the proper end.
    pub(crate) async fn all(mut self) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await? {
            events.push(event);
        }
        Ok(events)
    }
}

fn parse(text: &str) -> Result<Event> {
    let mut event = Event { name: None, data: String::new() };
    for line in text.lines() {
        match line.split_once(": ").context("a line without a field")? {
            ("event", name) if event.name.is_none() => event.name = Some(name.to_owned()),
            ("data", data) if event.data.is_empty() => event.data = data.to_owned(),
            _ => bail!("unexpected line {line:?}"),
        }
    }
    Ok(event)
}

/// Judges a whole stream of the path's protocol and returns the text it carries.
pub(crate) fn text_of_valid_stream(path: &str, events: &[Event]) -> String {
    match path {
        "/v1/messages" => messages(events),
        "/v1/chat/completions" => chat(events),
        _ => responses(events),
    }
}

/// Anthropic: message_start, one block of text, message_delta, message_stop; pings anywhere.
fn messages(events: &[Event]) -> String {
    for event in events {
        assert_eq!(event.name.as_deref(), event.json()["type"].as_str(), "name and type differ");
    }
    let events: Vec<Value> = events.iter().map(Event::json).filter(|event| event["type"] != "ping").collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let deltas = kinds.len().checked_sub(5).expect("too few events");
    let mut wanted = vec!["message_start", "content_block_start"];
    wanted.extend(vec!["content_block_delta"; deltas]);
    wanted.extend(["content_block_stop", "message_delta", "message_stop"]);
    assert_eq!(kinds, wanted);
    let message = &events[0]["message"];
    assert_eq!((&message["type"], &message["role"]), (&"message".into(), &"assistant".into()));
    assert_eq!(message["content"], Value::Array(Vec::new()));
    assert!(message["id"].as_str().unwrap().starts_with("msg_") && message["model"].is_string());
    assert!(message["stop_reason"].is_null() && message["usage"]["input_tokens"].is_u64());
    assert_eq!(events[1]["content_block"]["type"], "text");
    assert!(events[1..events.len() - 2].iter().all(|event| event["index"] == 0));
    let end = &events[events.len() - 2];
    assert_eq!(end["delta"]["stop_reason"], "end_turn");
    assert!(end["usage"]["output_tokens"].as_u64().unwrap() > 0);
    let texts = events[2..events.len() - 3].iter().map(|event| {
        assert_eq!(event["delta"]["type"], "text_delta");
        event["delta"]["text"].as_str().unwrap()
    });
    texts.collect()
}

/// OpenAI: role, content, finish reason, token counts if wanted, `[DONE]`.
fn chat(events: &[Event]) -> String {
    let (done, chunks) = events.split_last().expect("no events");
    assert_eq!(done.data, "[DONE]");
    assert!(events.iter().all(|event| event.name.is_none()));
    let mut chunks: Vec<Value> = chunks.iter().map(Event::json).collect();
    for chunk in &chunks {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(chunk["id"], chunks[0]["id"]);
        assert!(chunk["created"].is_u64() && chunk["model"].is_string());
    }
    if chunks.last().unwrap()["choices"] == Value::Array(Vec::new()) {
        let usage = chunks.pop().unwrap()["usage"].clone();
        let count = |field: &str| usage[field].as_u64().unwrap();
        assert_eq!(count("prompt_tokens") + count("completion_tokens"), count("total_tokens"));
    }
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let last = chunks.len() - 1;
    let mut text = String::new();
    for (index, chunk) in chunks.iter().enumerate() {
        let choice = &chunk["choices"][0];
        assert_eq!(choice["index"], 0);
        assert_eq!(choice["finish_reason"], if index == last { "stop".into() } else { Value::Null });
        text += choice["delta"]["content"].as_str().unwrap_or_default();
    }
    text
}

/// OpenAI Responses: one message item with one text part, opened and closed in order, numbered from zero.
fn responses(events: &[Event]) -> String {
    let parsed: Vec<Value> = events.iter().map(Event::json).collect();
    for (number, event) in parsed.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
        assert_eq!(events[number].name.as_deref(), event["type"].as_str());
    }
    let kinds: Vec<&str> = parsed.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let mut wanted = vec![
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ];
    wanted.extend(vec!["response.output_text.delta"; kinds.len() - 8]);
    wanted.extend([
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]);
    assert_eq!(kinds, wanted);
    let last = &parsed.last().unwrap()["response"];
    assert_eq!(last["status"], "completed");
    let deltas = parsed.iter().filter_map(|event| event["delta"].as_str());
    let text: String = deltas.collect();
    assert_eq!(last["output"][0]["content"][0]["text"], text);
    text
}
