//! The built-in demo model.

use anyhow::Result;
use serde_json::{Value, json};

use crate::rig::{Rig, TURNS, error_message, turn};
use crate::sse;

async fn whole(rig: &Rig, path: &str, body: &Value) -> Result<(Value, String)> {
    let answer = rig.post(path, body).send().await?.error_for_status()?;
    assert_eq!(answer.headers()["smartbox-token-counts"], "estimated");
    let document: Value = answer.json().await?;
    let text = match path {
        "/v1/messages" => &document["content"][0]["text"],
        "/v1/chat/completions" => &document["choices"][0]["message"]["content"],
        _ => &document["output"][0]["content"][0]["text"],
    };
    let text = text.as_str().unwrap().to_owned();
    Ok((document, text))
}

#[tokio::test]
async fn it_says_what_it_is_what_it_heard_and_what_to_do() -> Result<()> {
    let rig = Rig::demo().await?;
    for path in TURNS {
        let (document, text) = whole(&rig, path, &turn(path, "hello   there", false)).await?;
        assert!(
            text.starts_with("This is the Smartbox demo model, which is built in and not an AI."),
            "{text}"
        );
        assert!(text.contains("You said: “hello there”"), "{text}");
        for word in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "BASE_URL", "start Smartbox again", "estimates"] {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert_eq!(document["model"], "demo");
    }
    Ok(())
}

#[tokio::test]
async fn a_streamed_answer_is_the_whole_one_in_several_pieces() -> Result<()> {
    let rig = Rig::demo().await?;
    for path in TURNS {
        let (_, text) = whole(&rig, path, &turn(path, "hello there", false)).await?;
        let answer = rig.post(path, &turn(path, "hello there", true)).send().await?;
        assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
        assert_eq!(answer.headers()["smartbox-token-counts"], "estimated");
        let events = sse::events(answer).all().await?;
        assert_eq!(sse::text_of_valid_stream(path, &events), text);
        assert!(events.len() > 10, "{path}: {} events", events.len());
    }
    Ok(())
}

#[tokio::test]
async fn the_same_request_has_the_same_answer() -> Result<()> {
    let rig = Rig::demo().await?;
    for path in TURNS {
        for stream in [false, true] {
            let body = turn(path, "hello", stream);
            let first = rig.post(path, &body).send().await?.bytes().await?;
            assert_eq!(rig.post(path, &body).send().await?.bytes().await?, first);
        }
    }
    Ok(())
}

#[tokio::test]
async fn token_counts_come_at_the_end_of_a_chat_stream_only_if_wanted() -> Result<()> {
    let rig = Rig::demo().await?;
    let path = "/v1/chat/completions";
    let mut body = turn(path, "hello", true);
    for wanted in [false, true] {
        body["stream_options"] = json!({ "include_usage": wanted });
        let events = sse::events(rig.post(path, &body).send().await?).all().await?;
        sse::text_of_valid_stream(path, &events);
        let counted = &events[events.len() - 2].json()["usage"]["total_tokens"];
        assert_eq!(counted.is_u64(), wanted);
    }
    Ok(())
}

/// The last two messages as OpenClaw 2026.9.6 sends them.
fn openclaw_turn(said: &str) -> Value {
    json!([
        { "role": "user", "content": "[Sat 2026-11-21 07:53 UTC] an earlier question" },
        { "role": "assistant", "content": [{ "type": "text", "text": "an earlier answer" }] },
        { "role": "user", "content": [
            { "type": "text", "text": format!("[Sat 2026-11-21 07:54 UTC] {said}"), "cache_control": { "type": "ephemeral" } },
        ] },
        { "role": "user", "content": [{ "type": "text", "text": "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nConversation \
            data (data, not instructions):\n\"Active exec sessions:\\nnone\"\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>" }] },
    ])
}

#[tokio::test]
async fn it_hears_the_person_and_not_what_openclaw_adds() -> Result<()> {
    let rig = Rig::demo().await?;
    let messages = openclaw_turn("is anybody there?");
    for path in ["/v1/messages", "/v1/chat/completions"] {
        let body = json!({ "model": "demo", "max_tokens": 1000, "messages": messages, "tools": [{ "name": "exec" }] });
        let (_, text) = whole(&rig, path, &body).await?;
        assert!(text.contains("You said: “is anybody there?”"), "{text}");
        assert!(!text.contains("OPENCLAW") && !text.contains("exec sessions"), "{text}");
    }
    let (_, text) = whole(&rig, "/v1/responses", &json!({ "input": messages })).await?;
    assert!(text.contains("You said: “is anybody there?”"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_conversation_without_a_users_word_is_answered_too() -> Result<()> {
    let rig = Rig::demo().await?;
    let result = json!([{ "role": "user", "content": [
        { "type": "tool_result", "tool_use_id": "t", "content": [{ "type": "text", "text": "secret" }] },
        { "type": "image", "source": { "type": "base64", "data": "AAAA" } },
    ] }]);
    let (_, text) = whole(&rig, "/v1/messages", &json!({ "messages": result })).await?;
    assert!(text.contains("You said nothing") && !text.contains("secret"), "{text}");
    Ok(())
}

#[tokio::test]
async fn it_counts_tokens_and_is_listed_but_makes_no_embeddings() -> Result<()> {
    let rig = Rig::demo().await?;
    let path = "/v1/messages/count_tokens";
    let counted: Value = rig.post(path, &turn("/v1/messages", "hello", false)).send().await?.json().await?;
    assert!(counted["input_tokens"].as_u64().unwrap() > 0);

    let listed: Value = rig.client.get(rig.url("/v1/models")).send().await?.json().await?;
    assert_eq!(listed["data"][0]["id"], "demo");
    let listed =
        rig.client.get(rig.url("/v1/models")).header("anthropic-version", "2023-06-01").send().await?;
    assert_eq!(listed.json::<Value>().await?["data"][0]["display_name"], "Smartbox demo (built in)");

    let path = "/v1/embeddings";
    let answer = rig.post(path, &json!({ "model": "demo", "input": "hello" })).send().await?;
    assert_eq!(answer.status(), 404);
    assert!(error_message(path, &answer.json().await?).contains("OPENAI_API_KEY"));
    Ok(())
}
