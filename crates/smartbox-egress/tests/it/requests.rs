//! Requests that are wrong, and routes that are not there.

use anyhow::Result;
use serde_json::{Value, json};
use smartbox_egress::Limits;
use smartbox_testkit::scripted_model::ScriptedModel;

use crate::rig::{REAL_KEY, Rig, TURNS, error_message, turn};

#[tokio::test]
async fn what_is_not_json_is_a_400_in_the_callers_dialect_and_goes_nowhere() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let upstream = Rig::before(&model).await?;
    let demo = Rig::demo().await?;
    for rig in [&upstream, &demo] {
        for path in TURNS {
            for body in ["", "{", "not json", "[1,2]", "{\"model\":5}", "{\"stream\":\"yes\"}"] {
                let answer = rig.client.post(rig.url(path)).body(body).send().await?;
                assert_eq!(answer.status(), 400, "{path} {body}");
                let message = error_message(path, &answer.json().await?);
                assert!(message.contains("not valid"), "{message}");
            }
        }
    }
    assert_eq!(model.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_document_nested_beyond_reason_is_refused_or_read_but_never_fatal() -> Result<()> {
    let rig = Rig::demo().await?;
    let deep = format!("{{\"messages\":{}1{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let answer = rig.client.post(rig.url("/v1/messages")).body(deep).send().await?;
    assert_eq!(answer.status(), 400);
    assert_eq!(rig.client.get(rig.url("/healthz")).send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413_with_and_without_an_announced_length() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::with_limits(&model, Limits { body_bytes_max: 10_000, ..Limits::default() }).await?;
    for path in TURNS {
        let body = turn(path, &"x".repeat(2_000_000), false);
        let answer = rig.post(path, &body).send().await?;
        assert_eq!(answer.status(), 413);
        error_message(path, &answer.json().await?);

        let pieces = (0..200).map(|_| Ok::<_, std::io::Error>("x".repeat(6_000)));
        let pieces = futures_util::stream::iter(pieces);
        let answer = rig.client.post(rig.url(path)).body(reqwest::Body::wrap_stream(pieces)).send().await?;
        assert_eq!(answer.status(), 413);
    }
    assert_eq!(model.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_box_that_fills_its_room_is_told_to_wait() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig =
        Rig::with_limits(&model, Limits { box_bodies_bytes_max: 64 * 1024, ..Limits::default() }).await?;
    let path = "/v1/messages";
    let answer = rig.post(path, &turn(path, &"x".repeat(200_000), false)).send().await?;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    // The room is free again.
    assert_eq!(rig.post(path, &turn(path, "small", false)).send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_the_callers_dialect() -> Result<()> {
    let rig = Rig::demo().await?;
    let answer = rig.client.get(rig.url("/v1/whatever")).header("anthropic-version", "x").send().await?;
    assert_eq!(answer.status(), 404);
    error_message("/v1/messages", &answer.json().await?);
    let answer = rig.client.get(rig.url("/v1/whatever")).send().await?;
    assert_eq!(answer.status(), 404);
    error_message("/v1/chat/completions", &answer.json().await?);
    for path in TURNS {
        let answer = rig.client.get(rig.url(path)).send().await?;
        assert_eq!((answer.status().as_u16(), &answer.headers()["allow"]), (405, &"POST".parse()?));
        error_message(path, &answer.json().await?);
    }
    Ok(())
}

#[tokio::test]
async fn models_are_listed_as_each_vendor_lists_them() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    let listed =
        rig.client.get(rig.url("/v1/models")).header("anthropic-version", "2023-06-01").send().await?;
    let listed: Value = listed.json().await?;
    assert_eq!(listed["has_more"], false);
    assert_eq!(listed["data"][0]["type"], "model");
    assert_eq!(listed["first_id"], "scripted-1");
    let listed: Value = rig.client.get(rig.url("/v1/models")).send().await?.json().await?;
    assert_eq!(listed["object"], "list");
    assert_eq!(listed["data"][0]["id"], "scripted-1");
    Ok(())
}

#[tokio::test]
async fn a_web_page_cannot_spend_the_owners_money() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    for path in TURNS {
        let request = rig.post(path, &turn(path, "hello", false)).header("origin", "https://page.example");
        let answer = request.send().await?;
        assert_eq!(answer.status(), 403);
        error_message(path, &answer.json().await?);
    }
    assert_eq!(model.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn the_vendors_clients_get_an_error_they_understand_for_a_missing_document() -> Result<()> {
    let rig = Rig::demo().await?;
    for (path, body) in [
        ("/v1/messages", json!({ "model": "demo", "max_tokens": 1 })),
        ("/v1/messages", json!({ "model": "demo", "messages": [] })),
        ("/v1/messages", json!({ "model": "demo", "messages": [{ "content": "no role" }] })),
        ("/v1/chat/completions", json!({ "messages": "text" })),
        ("/v1/responses", json!({ "messages": [{ "role": "user", "content": "wrong field" }] })),
    ] {
        let answer = rig.post(path, &body).send().await?;
        assert_eq!(answer.status(), if body["messages"] == "text" { 200 } else { 400 }, "{path} {body}");
    }
    Ok(())
}
