//! Secrets: from standard input or a file, never from the command line, and never printed.

use axum::routing::{get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, Fake};
use crate::run::smartbox;

const VALUE: &str = "the-value-nobody-sees";

fn secret(name: &str, level: &str, delivery: &str) -> Value {
    json!({ "name": name, "level": level, "delivery": delivery, "last_four": "1234",
        "placeholder": format!("sbx-placeholder-{name}"), "version": 2, "changed_at": AT, "changed_by": "admin" })
}

fn rules() -> Value {
    json!({ "rules": ["https://api.github.com/ secret=GITHUB_TOKEN header=authorization"],
        "org_rules": ["https://api.stripe.com/ secret=STRIPE_KEY header=authorization"], "waits_for_restart": true,
        "version": 3, "changed_at": AT, "changed_by": "admin" })
}

fn routes() -> Router {
    let list = || async {
        Json(
            json!({ "items": [secret("GITHUB_TOKEN", "box", "injection"), secret("SENTRY_DSN", "org", "environment")] }),
        )
    };
    let one = || {
        get(|| async { Json(secret("GITHUB_TOKEN", "box", "injection")) })
            .put(|| async { Json(secret("GITHUB_TOKEN", "box", "injection")) })
            .delete(|| async { http::StatusCode::NO_CONTENT })
    };
    let of = |what: &str| format!("/v1/{what}");
    Router::new()
        .route(&of("boxes/{box}/secrets"), get(list))
        .route(&of("orgs/{org}/secrets"), get(list))
        .route(&of("boxes/{box}/secrets/{name}"), one())
        .route(&of("orgs/{org}/secrets/{name}"), one())
        .route(&of("boxes/{box}/injections"), get(|| async { Json(rules()) }).put(|| async { Json(rules()) }))
        .route(
            &of("sealing-key/rotate"),
            post(|| async { Json(json!({ "resealed": 7, "old_keys_gone": true })) }),
        )
}

#[tokio::test]
async fn what_is_known_of_secrets_is_a_table() {
    let fake = Fake::start(routes()).await;
    assert_snapshot!("secret_list", smartbox(&fake, &["secret", "list", "--box", "home"]).end().await);
    assert_eq!(smartbox(&fake, &["secret", "list", "--org", "me"]).end().await.code, 0);
    assert_eq!(fake.lines(), ["GET /v1/boxes/home/secrets", "GET /v1/orgs/me/secrets"]);
}

#[tokio::test]
async fn a_value_comes_from_standard_input_or_a_file_and_is_not_printed() {
    let fake = Fake::start(routes()).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("value");
    std::fs::write(&file, format!("{VALUE}\r\n")).unwrap();
    let file = file.to_str().unwrap();
    let piped = smartbox(&fake, &["secret", "set", "GITHUB_TOKEN"]).stdin(format!("{VALUE}\n")).end().await;
    let read = smartbox(
        &fake,
        &["secret", "set", "GITHUB_TOKEN", "--file", file, "--org", "me", "--delivery", "environment"],
    );
    for ended in [piped, read.end().await] {
        assert_eq!(ended.code, 0, "{ended}");
        assert!(!ended.to_string().contains(VALUE), "{ended}");
    }
    let bodies: Vec<_> = fake.seen().iter().map(|request| request.body.clone()).collect();
    assert_eq!(
        bodies,
        [format!(r#"{{"value":"{VALUE}"}}"#), format!(r#"{{"value":"{VALUE}","delivery":"environment"}}"#)]
    );
    assert_eq!(
        fake.lines(),
        ["PUT /v1/boxes/default/secrets/GITHUB_TOKEN", "PUT /v1/orgs/me/secrets/GITHUB_TOKEN"]
    );
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_not_sent() {
    let fake = Fake::start(routes()).await;
    for (words, input, told) in [
        (&["secret", "set", "GITHUB_TOKEN"][..], "\n", "1 to 16384 bytes"),
        (&["secret", "set", "GITHUB_TOKEN", "--file", "/no/such/file"][..], "", "cannot be read"),
        (
            &["secret", "inject", "GITHUB_TOKEN", "https://*.github.com", "--path"][..],
            "",
            "host cannot be used",
        ),
    ] {
        let ended = smartbox(&fake, words).stdin(input).end().await;
        assert_eq!(ended.code, 2, "{words:?} {ended}");
        assert!(ended.to_string().contains(told), "{words:?} {ended}");
    }
    assert!(fake.lines().is_empty());
    for (words, told) in [
        (&["secret", "set", "github_token"][..], "A-Z"),
        (&["secret", "set", "NODE_OPTIONS"][..], "reserved"),
        (&["secret", "set", "GITHUB_TOKEN", VALUE][..], "unexpected argument"),
        (&["secret", "inject", "GITHUB_TOKEN", "https://api.github.com"][..], "--header"),
        (&["secret", "list", "--box", "home", "--org", "me"][..], "cannot be used with"),
        (&["egress", "show", "--platform", "--tier", "standard-1"][..], "cannot be used with"),
    ] {
        let words = std::iter::once("smartbox").chain(words.iter().copied());
        let refused = smartbox_cli::parse_from(words).unwrap_err().to_string();
        assert!(refused.contains(told), "{refused}");
    }
}

#[tokio::test]
async fn rules_are_added_last_and_go_by_their_number_against_the_version_that_was_read() {
    let first = "https://api.github.com/ secret=GITHUB_TOKEN header=authorization";
    for (words, rules) in [
        (
            &["secret", "inject", "BOT", "https://API.telegram.org", "--path", "--methods", "get,post"][..],
            json!([first, "https://api.telegram.org/ secret=BOT path methods=GET,POST"]),
        ),
        (&["secret", "withdraw", "1"][..], json!([])),
    ] {
        let fake = Fake::start(routes()).await;
        let ended = smartbox(&fake, words).end().await;
        assert_eq!(ended.code, 0, "{ended}");
        assert!(ended.to_string().contains("wait until the box is started again"), "{ended}");
        let sent = fake.seen();
        let put = sent.last().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&put.body).unwrap(), json!({ "rules": rules }));
        assert_eq!(put.header("if-match"), Some("\"3\""));
    }
    let fake = Fake::start(routes()).await;
    assert_snapshot!("secret_rules", smartbox(&fake, &["secret", "rules"]).end().await);
    assert_eq!(smartbox(&fake, &["secret", "withdraw", "2"]).end().await.code, 2);
}

#[tokio::test]
async fn the_key_is_rotated_and_what_is_left_to_do_is_said() {
    let fake = Fake::start(routes()).await;
    let ended = smartbox(&fake, &["secret", "rotate-key"]).end().await;
    assert!(ended.code == 0 && ended.to_string().contains("7 secret(s)"), "{ended}");
    assert_eq!(fake.lines(), ["POST /v1/sealing-key/rotate"]);
    let removed = smartbox(&fake, &["secret", "remove", "GITHUB_TOKEN"]).end().await;
    assert!(removed.code == 0 && removed.to_string().contains("is removed"), "{removed}");
}
