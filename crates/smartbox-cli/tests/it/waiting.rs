//! Waiting for operations: stages, failures, Ctrl-C, a platform that restarts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::json;
use tokio::sync::{Notify, watch};

use crate::fake::{Fake, launched, operation, problem, smartbox as view};
use crate::run::smartbox;

/// A platform that starts a box; its operation answers this.
fn starting(ended: axum::routing::MethodRouter) -> Router {
    Router::new()
        .route("/v1/boxes/home/start", post(|| async { launched("start", "running", "requested") }))
        .route("/v1/boxes/{id}", get(|| async { Json(view("running", None)) }))
        .route("/v1/operations/{id}", ended)
}

#[tokio::test]
async fn every_stage_is_one_line_where_there_is_no_terminal() {
    let looks = Arc::new(AtomicU32::new(0));
    let all_seen = Arc::new(Notify::new());
    let (counter, seen) = (Arc::clone(&looks), Arc::clone(&all_seen));
    let look = move || {
        let (look, seen) = (counter.fetch_add(1, Ordering::SeqCst), Arc::clone(&seen));
        async move {
            Json(match look {
                0 => view("provisioning", Some("image")),
                1 => view("provisioning", Some("image")),
                2 => view("starting", Some("process")),
                _ => {
                    seen.notify_one();
                    view("running", None)
                }
            })
        }
    };
    let ended = move || async move {
        all_seen.notified().await;
        Json(operation("start", "succeeded"))
    };
    let routes = Router::new()
        .route("/v1/boxes/home/start", post(|| async { launched("start", "running", "requested") }))
        .route("/v1/boxes/{id}", get(look))
        .route("/v1/operations/{id}", get(ended));
    let fake = Fake::start(routes).await;
    let ran = smartbox(&fake, &["box", "start", "home"]).end().await;
    assert_snapshot!(ran);
}

#[tokio::test]
async fn quiet_means_quiet() {
    let fake = Fake::start(starting(get(|| async { Json(operation("start", "succeeded")) }))).await;
    let ran = smartbox(&fake, &["-q", "box", "start", "home"]).end().await;
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
}

#[tokio::test]
async fn a_failed_start_shows_the_log_and_the_remedy() {
    let failed = || async {
        let mut failed = operation("start", "failed");
        failed["error"] = json!({"code": "config", "detail": "OpenClaw refused its configuration.",
            "remedy": "Correct `model`.", "log_tail": ["Error: model"]});
        Json(failed)
    };
    let fake = Fake::start(starting(get(failed))).await;
    assert_snapshot!(smartbox(&fake, &["box", "start", "home", "--quiet"]).end().await);
}

#[tokio::test]
async fn a_superseded_operation_is_a_conflict() {
    let fake = Fake::start(starting(get(|| async { Json(operation("start", "superseded")) }))).await;
    let ran = smartbox(&fake, &["box", "start", "home"]).end().await;
    assert_eq!(ran.code, 6, "{ran}");
    assert!(ran.stderr.contains("smartbox box timeline home"), "{ran}");
}

#[tokio::test]
async fn ctrl_c_leaves_the_operation_running_and_says_so() {
    let (press, interrupts) = watch::channel(0);
    let press = Arc::new(press);
    let asked = move || {
        press.send_modify(|times| *times += 1);
        std::future::pending::<Response>()
    };
    let fake = Fake::start(starting(get(asked))).await;
    let ran = smartbox(&fake, &["box", "start", "home"]).interrupts(interrupts).end().await;
    assert_eq!(ran.code, 130);
    assert!(ran.stderr.contains("the platform goes on to start `home`"), "{ran}");
    assert!(ran.stderr.contains("smartbox box show home"), "{ran}");
    let changes: Vec<_> = fake.lines().into_iter().filter(|line| !line.starts_with("GET")).collect();
    assert_eq!(changes, ["POST /v1/boxes/home/start"], "nothing was taken back");
}

#[tokio::test]
async fn a_wait_has_an_end() {
    let fake = Fake::start(starting(get(std::future::pending::<Response>))).await;
    let ran = smartbox(&fake, &["box", "start", "home", "--timeout", "1s"]).end().await;
    assert_eq!(ran.code, 7);
    assert!(ran.stderr.contains("needs longer than 1 s"), "{ran}");
}

#[tokio::test]
async fn a_platform_that_restarts_in_the_middle_is_waited_for() {
    let asked = Arc::new(AtomicU32::new(0));
    let ended = move || {
        let times = asked.fetch_add(1, Ordering::SeqCst);
        async move {
            match times {
                0 => StatusCode::BAD_GATEWAY.into_response(),
                1 => problem(json!({"type": "", "status": 503, "code": "starting", "title": "Starting"})),
                2 => Json(operation("start", "running")).into_response(),
                _ => Json(operation("start", "succeeded")).into_response(),
            }
        }
    };
    let fake = Fake::start(starting(get(ended))).await;
    let ran = smartbox(&fake, &["box", "start", "home"]).end().await;
    assert_eq!(ran.code, 0, "{ran}");
}

#[tokio::test]
async fn an_operation_that_vanished_ends_the_wait() {
    let gone = || async {
        problem(json!({"type": "", "status": 404, "code": "not-found", "title": "No such operation"}))
    };
    let fake = Fake::start(starting(get(gone))).await;
    assert_eq!(smartbox(&fake, &["box", "start", "home"]).end().await.code, 3);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_sent_again_with_the_same_key() {
    let times = Arc::new(AtomicU32::new(0));
    let create = move || {
        let first = times.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                // The head of an answer whose body never comes whole: the connection is lost in the middle.
                let broken = futures_util::stream::iter([Ok("{"), Err(std::io::Error::other("cut"))]);
                return Response::new(axum::body::Body::from_stream(broken));
            }
            launched("create", "succeeded", "running")
        }
    };
    let fake = Fake::start(Router::new().route("/v1/boxes", post(create))).await;
    let ran = smartbox(&fake, &["box", "create", "home", "--no-wait"]).end().await;
    assert_eq!(ran.code, 0, "{ran}");
    let seen = fake.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].header("idempotency-key"), seen[1].header("idempotency-key"));
    assert_eq!(seen[0].body, seen[1].body);
}
