//! The demo model in OpenAI's Responses API.
//!
//! Events and their order: `platform.openai.com/docs/api-reference/responses-streaming`.

use serde_json::{Value, json};

use super::{Reply, speech};
use crate::catalog::DEMO_ID;

/// The answer in one document.
pub(super) fn whole(reply: &Reply) -> Value {
    response(reply, "completed", json!([item(reply, "completed")]), usage(reply))
}

/// The answer as events, numbered from zero.
pub(super) fn events(reply: &Reply) -> Vec<String> {
    let place = json!({ "item_id": item_id(reply), "output_index": 0, "content_index": 0 });
    let with = |field: &str, value: Value| {
        let mut data = place.clone();
        data[field] = value;
        data
    };
    let in_progress = json!({ "response": response(reply, "in_progress", json!([]), Value::Null) });
    let mut empty_item = item(reply, "in_progress");
    empty_item["content"] = json!([]);
    let mut events = vec![
        ("response.created", in_progress.clone()),
        ("response.in_progress", in_progress),
        ("response.output_item.added", json!({ "output_index": 0, "item": empty_item })),
        ("response.content_part.added", with("part", part(""))),
    ];
    let deltas = speech::chunks(&reply.text).into_iter();
    events.extend(deltas.map(|text| ("response.output_text.delta", with("delta", json!(text)))));
    events.extend([
        ("response.output_text.done", with("text", json!(reply.text))),
        ("response.content_part.done", with("part", part(&reply.text))),
        ("response.output_item.done", json!({ "output_index": 0, "item": item(reply, "completed") })),
        ("response.completed", json!({ "response": whole(reply) })),
    ]);
    events.into_iter().enumerate().map(|(number, (name, data))| event(number, name, data)).collect()
}

fn response(reply: &Reply, status: &str, output: Value, usage: Value) -> Value {
    json!({
        "id": format!("resp_demo_{:016x}", reply.number),
        "object": "response",
        // The same request has the same answer, so it has no time of its own.
        "created_at": 0,
        "status": status,
        "error": null,
        "incomplete_details": null,
        "model": DEMO_ID,
        "output": output,
        "usage": usage,
    })
}

fn item(reply: &Reply, status: &str) -> Value {
    json!({
        "id": item_id(reply),
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [part(&reply.text)],
    })
}

fn item_id(reply: &Reply) -> String {
    format!("msg_demo_{:016x}", reply.number)
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [] })
}

fn usage(reply: &Reply) -> Value {
    json!({
        "input_tokens": reply.tokens_in,
        "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": reply.tokens_out,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": reply.tokens_in + reply.tokens_out,
    })
}

fn event(number: usize, name: &str, mut data: Value) -> String {
    data["type"] = json!(name);
    data["sequence_number"] = json!(number);
    format!("event: {name}\ndata: {data}\n\n")
}
