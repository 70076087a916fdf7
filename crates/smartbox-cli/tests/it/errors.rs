//! What goes wrong, how it is told, and the exit codes.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{Fake, problem};
use crate::run::{SECRET, smartbox};

async fn shows(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> Fake {
    Fake::start(Router::new().route("/v1/boxes/home", get(move || async move { answer }))).await
}

async fn refuses(body: Value) -> Fake {
    Fake::start(Router::new().route("/v1/boxes/home", get(move || async move { problem(body) }))).await
}

const SHOW: [&str; 3] = ["box", "show", "home"];

#[tokio::test]
async fn a_problem_is_told_with_its_remedy() {
    let body = json!({"type": "/docs/errors/box-not-found", "status": 404, "code": "box-not-found",
        "title": "No such box", "detail": "There is no box `home`.", "instance": "req_1",
        "remedy": "List your boxes with `smartbox box list`."});
    let fake = refuses(body.clone()).await;
    assert_snapshot!("problem_text", smartbox(&fake, &SHOW).end().await);
    let json = smartbox(&fake, &["--json", "box", "show", "home"]).end().await;
    let told: Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!(
        (told["problem"]["code"].as_str(), told["exit_code"].as_u64()),
        (Some("box-not-found"), Some(3))
    );
    assert_eq!((json.code, json.stdout.as_str()), (3, ""));
}

#[tokio::test]
async fn every_kind_of_refusal_has_its_exit_code() {
    for (status, code) in [(401, 4), (403, 4), (404, 3), (409, 6), (422, 2), (429, 7), (500, 1), (503, 7)] {
        let fake = refuses(json!({"type": "", "status": status, "code": "x", "title": "No"})).await;
        assert_eq!(smartbox(&fake, &SHOW).end().await.code, code, "{status}");
    }
}

#[tokio::test]
async fn without_a_token_it_is_said_where_to_get_one() {
    let fake =
        refuses(json!({"type": "", "status": 401, "code": "unauthenticated", "title": "Not signed in"}))
            .await;
    let ran = smartbox(&fake, &SHOW).token(None).end().await;
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("SMARTBOX_TOKEN"), "{ran}");
    assert_eq!(fake.seen()[0].header("x-admin-secret"), None);
}

#[tokio::test]
async fn a_service_token_is_sent_as_a_bearer() {
    let fake =
        refuses(json!({"type": "", "status": 401, "code": "unauthenticated", "title": "Not signed in"}))
            .await;
    smartbox(&fake, &SHOW).token(Some("sbx_abc")).end().await;
    let seen = &fake.seen()[0];
    assert_eq!((seen.header("authorization"), seen.header("x-admin-secret")), (Some("Bearer sbx_abc"), None));
}

#[tokio::test]
async fn no_secret_stands_in_a_request_line() {
    let fake = refuses(json!({"type": "", "status": 404, "code": "x", "title": "No"})).await;
    smartbox(&fake, &SHOW).end().await;
    assert_eq!(fake.seen()[0].header("x-admin-secret"), Some(SECRET));
    assert!(!fake.lines().concat().contains(SECRET));
}

#[tokio::test]
async fn a_server_that_is_no_smartbox_is_recognised() {
    let html = ([(header::CONTENT_TYPE, "text/html")], "<!doctype html>\n<h1>It works!</h1>");
    let ran = smartbox(&shows(html).await, &SHOW).end().await;
    assert_snapshot!("not_json", ran);
    let ran = smartbox(&shows(r#"{"hello": "world"}"#).await, &SHOW).end().await;
    assert_snapshot!("another_document", ran);
    let ran = smartbox(&shows((StatusCode::INTERNAL_SERVER_ERROR, "\x1b[2Joops")).await, &SHOW).end().await;
    assert_eq!(ran.code, 1);
    assert!(!ran.stderr.contains('\x1b'), "{ran}");
}

#[tokio::test]
async fn answers_of_any_bytes_end_in_an_error_and_not_in_a_panic() {
    for body in [b"".as_slice(), b"\0\xff\xfe", b"[", b"null", b"[[[[[[", &[b'9'; 9 * 1024 * 1024]] {
        let ran = smartbox(&shows(body.to_vec()).await, &SHOW).end().await;
        assert_eq!(ran.code, 1, "{ran}");
        assert!(
            ran.stderr.starts_with("error: The answer of http://SERVER could not be understood."),
            "{ran}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let away = (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]);
    let ran = smartbox(&shows(away).await, &SHOW).end().await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("Redirects are not followed"), "{ran}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be_so() {
    let mut fake = Fake::start(Router::new()).await;
    // Port 9 (discard) is not served on any machine these tests run on.
    fake.url = "http://127.0.0.1:9".into();
    let ran = smartbox(&fake, &SHOW).end().await;
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.starts_with("error: No platform answers at http://SERVER."), "{ran}");
}

#[tokio::test]
async fn version_works_without_a_platform_and_with_one() {
    let routes = Router::new()
        .route("/health", get(|| async { axum::Json(json!({"status": "ok", "version": "9.9.9"})) }));
    let fake = Fake::start(routes).await;
    let ran = smartbox(&fake, &["version"]).end().await;
    assert_eq!(
        ran.stdout,
        format!("smartbox {}\nplatform 9.9.9 (http://SERVER)\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(fake.seen()[0].header("x-admin-secret"), None, "a version needs no secret");
}
