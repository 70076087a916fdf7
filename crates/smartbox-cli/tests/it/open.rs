//! Sign-in links.

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::fake::{AT, Fake, problem, smartbox as view};
use crate::run::smartbox;

fn links(path: &'static str) -> Router {
    let link =
        move || async move { Json(json!({"path": path, "url": "http://elsewhere/x", "expires_at": AT})) };
    Router::new().route("/v1/sign-in-links", post(link))
}

#[tokio::test]
async fn the_link_is_data_and_its_warning_is_talk() {
    let fake = Fake::start(links("/sign-in#abc")).await;
    let ran = smartbox(&fake, &["open", "--print"]).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "http://SERVER/sign-in#abc\n"));
    assert_eq!(ran.stderr, "It works once, until 2026-11-21 07:51:02 UTC. Whoever has it can sign in.\n");
    assert_eq!(fake.seen()[0].body, "{}");
}

#[tokio::test]
async fn json_holds_the_link_and_its_end() {
    let fake = Fake::start(links("/sign-in#abc")).await;
    let ran = smartbox(&fake, &["open", "--json", "--org", "acme"]).end().await;
    let link: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(link, json!({"url": "http://SERVER/sign-in#abc", "expires_at": AT}));
    assert_eq!(fake.seen()[0].body, r#"{"org":"acme"}"#);
}

#[tokio::test]
async fn a_box_that_is_named_must_be_there() {
    let missing =
        || async { problem(json!({"type": "", "status": 404, "code": "x", "title": "No such box"})) };
    let routes = links("/sign-in#abc")
        .route("/v1/boxes/lab", get(missing))
        .route("/v1/boxes/home", get(|| async { Json(view("running", None)) }));
    let fake = Fake::start(routes).await;
    assert_eq!(smartbox(&fake, &["open", "--print", "--box", "lab"]).end().await.code, 3);
    assert_eq!(fake.lines().len(), 1, "no link is made for nothing");
    let ran = smartbox(&fake, &["open", "--print", "--box", "home"]).end().await;
    assert!(ran.stderr.ends_with("find box `home` at http://SERVER/b/home/\n"), "{ran}");
}

#[tokio::test]
async fn a_link_that_leads_away_from_the_server_is_refused() {
    for path in ["//evil.example/x", "https://evil.example/", "@evil.example"] {
        let ran = smartbox(&Fake::start(links(path)).await, &["open", "--print"]).end().await;
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{path}");
    }
}
