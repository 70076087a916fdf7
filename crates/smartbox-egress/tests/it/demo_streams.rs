//! Whatever a valid conversation looks like, the demo model's answer is a valid stream that betrays nothing.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::rig::{Rig, TURNS};
use crate::sse;

const BEGIN: &str = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";
const END: &str = "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";
/// Stands inside internal context only.
const INTERNAL: &str = "xyzzy-internal";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static RIG: LazyLock<Rig> = LazyLock::new(|| RUNTIME.block_on(Rig::demo()).unwrap());

/// Texts of people and of OpenClaw, properly closed blocks anywhere in them.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<String>(),
        1 => "[a-z ]{0,400}",
        1 => Just(format!("{BEGIN}\n{INTERNAL}\n{END}")),
        1 => Just(format!("{BEGIN} {INTERNAL} {BEGIN} {INTERNAL} {END} {INTERNAL} {END}")),
        1 => Just("[Sat 2026-11-21 07:53 UTC] ".to_owned()),
        1 => Just("\n\nRuntime: agent=main | host=vm".to_owned()),
        1 => Just("Sender: ⟦openclaw:ctx⟧\n```json\n{}\n```\n".to_owned()),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn content() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        3 => text().prop_map(|text| json!({ "type": "text", "text": text })),
        1 => text().prop_map(|text| json!({ "type": "input_text", "text": text })),
        1 => Just(json!({ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AA" } })),
        1 => Just(json!({ "type": "tool_use", "id": "t", "name": "exec", "input": { "command": "id" } })),
        1 => text().prop_map(|text| json!({ "type": "tool_result", "tool_use_id": "t", "content": text })),
    ];
    prop_oneof![
        text().prop_map(Value::String),
        prop::collection::vec(part, 0..4).prop_map(Value::Array),
        Just(Value::Null),
    ]
}

fn conversation() -> impl Strategy<Value = Vec<Value>> {
    let role = prop::sample::select(vec!["user", "user", "assistant", "system", "developer", "tool"]);
    let message = (role, content()).prop_map(|(role, content)| json!({ "role": role, "content": content }));
    prop::collection::vec(message, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_conversation_has_a_valid_answer(conversation in conversation(), usage in any::<bool>()) {
        let rig = &*RIG;
        for path in TURNS {
            let body = json!({
                "model": "demo", "max_tokens": 1000, "stream": true, "stream_options": { "include_usage": usage },
                "messages": &conversation, "input": &conversation,
            });
            let events = RUNTIME.block_on(async {
                let answer = rig.post(path, &body).send().await?.error_for_status()?;
                sse::events(answer).all().await
            });
            let text = sse::text_of_valid_stream(path, &events.unwrap());
            prop_assert!(text.starts_with("This is the Smartbox demo model"));
            prop_assert!(!text.contains("OPENCLAW_INTERNAL") && !text.contains(INTERNAL), "{text}");
        }
    }
}
