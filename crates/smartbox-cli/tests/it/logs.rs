//! Logs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;

use crate::fake::{Fake, events, problem};
use crate::run::smartbox;

const TWO_LINES: &str = ": hello\n\nid: 10\ndata: one\n\nid: 20\ndata:  two\n\n";

fn logs(route: axum::routing::MethodRouter) -> Router {
    Router::new().route("/v1/boxes/{id}/logs", route)
}

#[tokio::test]
async fn lines_are_printed_as_they_are() {
    let fake = Fake::start(logs(get(|| async { events(format!("{TWO_LINES}event: end\ndata:\n\n")) }))).await;
    let ran = smartbox(&fake, &["logs", "--box", "home", "--tail", "5", "--source", "boxd"]).end().await;
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "one\n two\n", ""));
    assert_eq!(fake.lines(), ["GET /v1/boxes/home/logs?tail=5&follow=false&source=boxd"]);
    assert_eq!(fake.seen()[0].header("accept"), Some("text/event-stream"));
}

#[tokio::test]
async fn json_is_one_document_a_line() {
    let fake =
        Fake::start(logs(get(|| async { events(format!("data: zero\n\n{TWO_LINES}event: end\n\n")) }))).await;
    let ran = smartbox(&fake, &["logs", "--json"]).end().await;
    assert_eq!(
        ran.stdout,
        concat!(
            "{\"line\":\"zero\"}\n",
            "{\"line\":\"one\",\"position\":\"10\"}\n",
            "{\"line\":\" two\",\"position\":\"20\"}\n"
        )
    );
    assert_eq!(fake.lines(), ["GET /v1/boxes/default/logs?tail=100&follow=false&source=gateway"]);
}

#[tokio::test]
async fn a_log_that_breaks_off_is_not_taken_for_whole() {
    let fake = Fake::start(logs(get(|| async { events(TWO_LINES) }))).await;
    let ran = smartbox(&fake, &["logs"]).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (7, "one\n two\n"));
}

#[tokio::test]
async fn a_followed_log_goes_on_behind_the_last_line_after_a_break() {
    let times = Arc::new(AtomicU32::new(0));
    let stream = move |headers: HeaderMap| {
        let time = times.fetch_add(1, Ordering::SeqCst);
        async move {
            let last = headers.get("last-event-id").map(|id| id.to_str().unwrap().to_owned());
            match time {
                0 => events(TWO_LINES),
                1 => axum::response::IntoResponse::into_response(axum::http::StatusCode::BAD_GATEWAY),
                _ => events(format!("id: 30\ndata: behind {}\n\nevent: end\n\n", last.unwrap_or_default())),
            }
        }
    };
    let fake = Fake::start(logs(get(stream))).await;
    let ran = smartbox(&fake, &["logs", "-f"]).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "one\n two\nbehind 20\n"), "{ran}");
    assert_eq!(ran.stderr, "The connection was lost; following again.\n");
}

#[tokio::test]
async fn a_platform_that_never_answered_is_not_followed() {
    let refused =
        || async { problem(serde_json::json!({"type": "", "status": 503, "code": "x", "title": "Busy"})) };
    let fake = Fake::start(logs(get(refused))).await;
    assert_eq!(smartbox(&fake, &["logs", "-f"]).end().await.code, 7);
    assert_eq!(fake.lines().len(), 1);
}

#[tokio::test]
async fn a_problem_in_the_middle_of_a_stream_is_told() {
    let body = "data: one\n\nevent: problem\ndata: {\"type\":\"\",\"title\":\"The box is gone\",\"status\":404,\"code\":\"x\"}\n\n";
    let fake = Fake::start(logs(get(move || async move { events(body) }))).await;
    let ran = smartbox(&fake, &["logs"]).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (3, "one\n"));
    assert!(ran.stderr.contains("The box is gone"));
}

#[tokio::test]
async fn an_answer_that_is_no_stream_and_a_line_without_end_are_refused() {
    let fake = Fake::start(logs(get(|| async { "hello" }))).await;
    let ran = smartbox(&fake, &["logs"]).end().await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("text/event-stream"), "{ran}");
    let fake = Fake::start(logs(get(|| async { events("x".repeat(2 * 1024 * 1024)) }))).await;
    let ran = smartbox(&fake, &["logs"]).end().await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("too long"), "{ran}");
}
