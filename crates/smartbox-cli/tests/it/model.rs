//! Who serves models, and what was asked of them.

use axum::routing::{delete, get};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, Fake};
use crate::run::smartbox;

const KEY: &str = "sk-0123456789abcdef";

fn provider() -> Value {
    json!({ "name": "mine", "scope": "org", "dialect": "openai", "base_url": "https://models.example", "key_hint": "…cdef",
        "models": [{ "id": "a" }], "inside": false, "in_settings": false, "version": 1, "changed_at": AT,
        "changed_by": "admin" })
}

fn rules() -> Value {
    json!({ "scope": "box", "version": 4, "rules": { "allow": ["claude-*"], "fallbacks": { "claude-a": ["claude-b"] },
        "requests_per_minute": 60, "keep_prompts": false } })
}

fn call(outcome: &str, estimated: bool) -> Value {
    json!({ "at": AT, "dialect": "anthropic", "path": "/v1/messages", "model": "claude-a\u{1b}[2J", "provider": "mine",
        "status": 200, "outcome": outcome, "input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 3,
        "cache_write_tokens": 0, "nanos": 1_234_567, "estimated": estimated, "cached": false, "duration_ms": 1250 })
}

fn routes() -> Router {
    let demo = json!({ "name": "demo", "scope": "platform", "dialect": "anthropic", "models": [{ "id": "demo" }],
        "inside": false, "in_settings": true, "version": 0 });
    let list = json!({ "items": [provider(), demo] });
    let calls = json!({ "items": [call("complete", false), call("broken", true)] });
    let both = get(|| async { Json(rules()) }).put(|| async { Json(rules()) });
    let one = delete(|| async { http::StatusCode::NO_CONTENT }).put(|| async { Json(provider()) });
    Router::new()
        .route("/v1/models/providers", get(|| async { Json(list) }))
        .route("/v1/models/providers/{provider}", one)
        .route("/v1/models/rules", both)
        .route("/v1/boxes/{box}/model-calls", get(|| async { Json(calls) }))
}

#[tokio::test]
async fn providers_rules_and_calls_are_shown() {
    let fake = Fake::start(routes()).await;
    for (name, words) in [
        ("model_list", &["model", "list", "--box", "home"][..]),
        ("model_rules", &["model", "rules", "show", "--box", "home"][..]),
        ("model_calls", &["model", "calls", "--box", "home", "--limit", "2"][..]),
    ] {
        assert_snapshot!(name, smartbox(&fake, words).end().await);
    }
    assert_eq!(
        fake.lines(),
        [
            "GET /v1/models/providers?box=home",
            "GET /v1/models/rules?box=home",
            "GET /v1/boxes/home/model-calls?limit=2"
        ]
    );
}

#[tokio::test]
async fn a_key_comes_from_standard_input_or_a_file_and_is_not_printed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    for source in ["-", file.to_str().unwrap()] {
        let fake = Fake::start(routes()).await;
        let words = [
            "model",
            "provider",
            "set",
            "mine",
            "--dialect",
            "openai",
            "--url",
            "https://models.example",
            "--key-file",
            source,
            "--model",
            "a:1000,b",
            "--price",
            "2.50:10",
            "--platform",
        ];
        let ended = smartbox(&fake, &words).stdin(format!("{KEY}\n")).end().await;
        assert_eq!(ended.code, 0, "{ended}");
        assert!(!ended.to_string().contains(KEY), "{ended}");
        let put = &fake.seen()[0];
        assert_eq!(put.line, "PUT /v1/models/providers/mine?platform=true");
        let body: Value = serde_json::from_str(&put.body).unwrap();
        assert_eq!(
            body,
            json!({ "dialect": "openai", "base_url": "https://models.example", "key": KEY,
            "models": [{ "id": "a", "context_window": 1000 }, { "id": "b" }], "price": { "input": "2.50", "output": "10" } })
        );
    }
}

#[tokio::test]
#[should_panic(expected = "unexpected argument '--key' found")]
async fn a_key_is_no_argument() {
    let fake = Fake::start(routes()).await;
    let words = ["model", "provider", "set", "mine", "--dialect", "openai", "--key", KEY];
    smartbox(&fake, &words).end().await;
}

#[tokio::test]
async fn a_provider_is_removed_where_it_belongs() {
    let fake = Fake::start(routes()).await;
    let ended = smartbox(&fake, &["model", "provider", "remove", "mine", "--box", "home"]).end().await;
    assert_eq!(ended.code, 0, "{ended}");
    assert_eq!(fake.lines(), ["DELETE /v1/models/providers/mine?box=home"]);
}

#[tokio::test]
async fn only_what_is_named_changes_against_the_version_that_was_read() {
    let fake = Fake::start(routes()).await;
    let words = [
        "model",
        "rules",
        "set",
        "--allow",
        "*",
        "--fallback",
        "claude-a=",
        "--fallback",
        "*=x,y",
        "--tokens-per-minute",
        "1000",
        "--box",
        "home",
    ];
    let ended = smartbox(&fake, &words).end().await;
    assert_eq!(ended.code, 0, "{ended}");
    let seen = fake.seen();
    let put = seen.last().unwrap();
    assert_eq!((put.line.as_str(), put.header("if-match")), ("PUT /v1/models/rules?box=home", Some("\"4\"")));
    let body: Value = serde_json::from_str(&put.body).unwrap();
    assert_eq!(
        body,
        json!({ "fallbacks": { "*": ["x", "y"] }, "requests_per_minute": 60, "tokens_per_minute": 1000,
        "keep_prompts": false })
    );
}
