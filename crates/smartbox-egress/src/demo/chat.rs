//! The demo model in OpenAI's Chat Completions API.
//!
//! Chunks and their order: `platform.openai.com/docs/api-reference/chat-streaming`.

use serde_json::{Value, json};

use super::{Reply, speech};
use crate::catalog::DEMO_ID;

/// The answer in one document.
pub(super) fn whole(reply: &Reply) -> Value {
    let mut document = frame(reply, "chat.completion");
    document["choices"] = json!([{
        "index": 0,
        "message": { "role": "assistant", "content": reply.text, "refusal": null },
        "logprobs": null,
        "finish_reason": "stop",
    }]);
    document["usage"] = usage(reply);
    document
}

/// The answer as events; with token counts before the end if they are wanted.
pub(super) fn events(reply: &Reply, wants_usage: bool) -> Vec<String> {
    let chunk = |choices: Value, counts: Value| {
        let mut document = frame(reply, "chat.completion.chunk");
        document["choices"] = choices;
        if wants_usage {
            // With `include_usage`, every chunk has the field; it is null in all but the last.
            document["usage"] = counts;
        }
        format!("data: {document}\n\n")
    };
    let choice = |delta: Value, finish: Option<&str>| {
        let choices = json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
        chunk(choices, Value::Null)
    };
    let mut events = vec![choice(json!({ "role": "assistant", "content": "" }), None)];
    events
        .extend(speech::chunks(&reply.text).into_iter().map(|text| choice(json!({ "content": text }), None)));
    events.push(choice(json!({}), Some("stop")));
    if wants_usage {
        events.push(chunk(json!([]), usage(reply)));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn frame(reply: &Reply, object: &str) -> Value {
    json!({
        "id": format!("chatcmpl-demo-{:016x}", reply.number),
        "object": object,
        // The same request has the same answer, so it has no time of its own.
        "created": 0,
        "model": DEMO_ID,
    })
}

fn usage(reply: &Reply) -> Value {
    json!({
        "prompt_tokens": reply.tokens_in,
        "completion_tokens": reply.tokens_out,
        "total_tokens": reply.tokens_in + reply.tokens_out,
    })
}
