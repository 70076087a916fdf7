//! The demo model in Anthropic's Messages API (version 2023-06-01).
//!
//! Events and their order: `docs.claude.com/en/docs/build-with-claude/streaming`.

use serde_json::{Value, json};

use super::{Reply, speech};
use crate::catalog::DEMO_ID;

/// The answer in one document.
pub(super) fn whole(reply: &Reply) -> Value {
    let content = json!([{ "type": "text", "text": reply.text }]);
    message(reply, &content, Some("end_turn"), reply.tokens_out)
}

/// The answer as events.
pub(super) fn events(reply: &Reply) -> Vec<String> {
    let start = message(reply, &json!([]), None, 1);
    let deltas = speech::chunks(&reply.text).into_iter().map(|text| {
        let delta = json!({ "type": "text_delta", "text": text });
        event("content_block_delta", json!({ "index": 0, "delta": delta }))
    });
    let mut events = vec![
        event("message_start", json!({ "message": start })),
        event("content_block_start", json!({ "index": 0, "content_block": { "type": "text", "text": "" } })),
        event("ping", json!({})),
    ];
    events.extend(deltas);
    events.push(event("content_block_stop", json!({ "index": 0 })));
    events.push(event(
        "message_delta",
        json!({
            "delta": { "stop_reason": "end_turn", "stop_sequence": null },
            "usage": { "output_tokens": reply.tokens_out },
        }),
    ));
    events.push(event("message_stop", json!({})));
    events
}

/// The answer to a request for token counts.
pub(super) fn count(reply: &Reply) -> Value {
    json!({ "input_tokens": reply.tokens_in })
}

fn message(reply: &Reply, content: &Value, stop_reason: Option<&str>, tokens_out: usize) -> Value {
    json!({
        "id": format!("msg_demo_{:016x}", reply.number),
        "type": "message",
        "role": "assistant",
        "model": DEMO_ID,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": { "input_tokens": reply.tokens_in, "output_tokens": tokens_out },
    })
}

/// An event carries its name twice: as the event's name and in its data.
fn event(name: &str, mut data: Value) -> String {
    data["type"] = json!(name);
    format!("event: {name}\ndata: {data}\n\n")
}
