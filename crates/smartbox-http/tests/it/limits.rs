//! Bounds, unknown routes, request ids.

use std::sync::Arc;

use axum::body::Body;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use serde_json::json;
use smartbox_http::{HttpParts, HttpState, ReadyCheck};
use smartbox_testkit::{Client, TestApp};

fn json_post(path: &str, body: impl Into<Body>, app: &TestApp) -> Request<Body> {
    let mut request = app.admin().request(Method::POST, path, body);
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request
}

#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_refused() {
    let app = TestApp::start().await;
    let fits = json!({ "name": "home", "kind": "x".repeat(1024 * 1024 - 40) }).to_string();
    let answer = app.admin().send(json_post("/v1/boxes", fits, &app)).await.problem();
    assert_eq!(answer.code, "invalid");

    let large = json!({ "name": "home", "kind": "x".repeat(1024 * 1024) }).to_string();
    let answer = app.admin().send(json_post("/v1/boxes", large, &app)).await.problem();
    assert_eq!((answer.status, answer.code.as_str()), (413, "body-too-large"));

    // Without a length, too.
    let pieces = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]));
    let endless = Body::from_stream(futures_util::stream::iter(pieces));
    let answer = app.admin().send(json_post("/v1/boxes", endless, &app)).await.problem();
    assert_eq!((answer.status, answer.code.as_str()), (413, "body-too-large"));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let app = TestApp::start().await;
    let broken = Body::from_stream(futures_util::stream::iter([
        Ok(b"{\"name\"".to_vec()),
        Err(std::io::Error::other("gone")),
    ]));
    let answer = app.admin().send(json_post("/v1/boxes", broken, &app)).await.problem();
    assert_eq!((answer.status, answer.code.as_str()), (400, "bad-request"));
}

#[tokio::test]
async fn an_unknown_route_is_a_problem() {
    let app = TestApp::start().await;
    for path in [
        "/v1",
        "/v1/",
        "/v1/toasters",
        "/v1/boxes/",
        "/v1/boxes/home/dance",
        "/v2/boxes",
        "/sign-in/x",
        "/docs",
    ] {
        let problem = app.admin().get(path).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (404, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_that_names_the_right_ones() {
    let app = TestApp::start().await;
    for (method, path, allowed) in [
        (Method::PUT, "/v1/boxes", "GET,HEAD,POST"),
        (Method::PUT, "/v1/boxes/home", "DELETE,GET,HEAD,PATCH"),
        (Method::GET, "/v1/boxes/home/start", "POST"),
        (Method::POST, "/health", "GET,HEAD"),
    ] {
        let answer = app.admin().send(app.admin().request(method.clone(), path, "")).await;
        let problem = answer.problem();
        assert_eq!((problem.status, problem.code.as_str()), (405, "method-not-allowed"), "{method} {path}");
        let mut methods: Vec<_> = answer.header(ALLOW).split(',').collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn a_reference_that_is_no_text_or_no_name_is_no_box() {
    let app = TestApp::start().await;
    for reference in ["%ff", "..", "a%2fb", "A", "box_1", "box_%00", &"x".repeat(3000)] {
        let problem = app.admin().get(&format!("/v1/boxes/{reference}")).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (404, "box-not-found"), "{reference}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_id_of_its_request() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let made = client.get("/health").await.header("x-request-id").to_owned();
    assert!(made.starts_with("req_") && made.len() > 20, "{made}");
    assert_ne!(client.get("/health").await.header("x-request-id"), made);

    let id = HeaderName::from_static("x-request-id");
    let given = client.clone().with(id.clone(), "from-the-edge_1").get("/v1/boxes").await;
    assert_eq!(given.problem().instance.as_deref(), Some("from-the-edge_1"));
    for bad in ["", "a b", "a\"b", &"x".repeat(65)] {
        let answer = client.clone().with(id.clone(), bad).get("/health").await;
        assert!(answer.header("x-request-id").starts_with("req_"), "{bad:?}");
    }
    let mut request = client.request(Method::GET, "/health", "");
    request.extensions_mut().insert(smartbox_http::RequestId("req_of_the_edge".to_owned()));
    assert_eq!(client.send(request).await.header("x-request-id"), "req_of_the_edge");
}

#[tokio::test]
async fn more_requests_than_fit_are_refused_at_once() {
    let app = TestApp::start().await;
    let client = app.admin();
    let operation = app.created_box(&client, "home").await.operation;
    let path = format!("/v1/operations/{}?wait=60s", operation.id);
    // Each wait takes a place; poll them once so that they are under way.
    let mut waits: Vec<_> = (0..512).map(|_| Box::pin(client.get(&path))).collect();
    for wait in &mut waits {
        assert!(futures_util::poll!(wait).is_pending());
    }
    let answer = client.get("/v1/boxes").await;
    let problem = answer.problem();
    assert_eq!((problem.status, problem.code.as_str()), (503, "overloaded"));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(client.get("/health").await.status, StatusCode::OK, "health is outside of the bound");
    drop(waits);
    assert_eq!(client.get("/v1/boxes").await.status, StatusCode::OK);
}

#[tokio::test]
async fn more_streams_than_fit_are_refused_before_anything_is_begun() {
    let app = TestApp::start().await;
    let client = app.admin();
    app.running_box(&client, "home").await;
    let mut streams = Vec::new();
    for _ in 0..256 {
        streams.push(client.events("/v1/boxes/home/logs?follow=true").await);
    }
    let body = json!({ "text": "hi" });
    let problem = client.post_json("/v1/boxes/home/messages", &body).await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (503, "overloaded"));
    assert_eq!(app.gateway.received(), [], "the agent was not asked");
    streams.pop();
    let events = client.post_events("/v1/boxes/home/messages", &body).await.rest().await;
    assert_eq!(events.last().unwrap().name, "final");
}

#[tokio::test]
async fn answers_are_for_their_caller_and_nobodys_cache() {
    let app = TestApp::start().await;
    for path in ["/v1/boxes", "/v1/toasters", "/health", "/sign-in"] {
        let answer = app.admin().get(path).await;
        assert_eq!(
            (answer.header("cache-control"), answer.header("x-content-type-options")),
            ("no-store", "nosniff")
        );
    }
}

struct Panics;

#[async_trait::async_trait]
impl ReadyCheck for Panics {
    async fn missing(&self) -> Vec<String> {
        panic!("a secret detail");
    }
}

#[tokio::test]
async fn a_handler_that_panics_is_a_problem_and_no_broken_connection() {
    let app = TestApp::start().await;
    app.expect_log("a handler panicked");
    let router = smartbox_http::router(HttpState::new(HttpParts {
        box_domains: vec!["localhost".to_owned()],
        control: app.control.clone(),
        public_url: app.public_url.clone(),
        ready: Arc::new(Panics),
        numbers: smartbox_http::ApiNumbers::default(),
        insight: None,
        version: "0",
        stop: app.stop_signal(),
    }));
    let answer = Client::anonymous(router).get("/readyz").await;
    let problem = answer.problem();
    assert_eq!((problem.status, problem.code.as_str()), (500, "platform-failed"));
    assert!(!answer.text().contains("secret"));
    assert_eq!(app.logged().len(), 1);
}
