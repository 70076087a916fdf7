//! Commands that run by themselves.

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, BOX_ID, Fake};
use crate::run::smartbox;

const ID: &str = "exe_0190f5fe7c007a3e8a2f0123456789ab";

fn exec(more: &Value) -> Value {
    let mut view = json!({
        "id": ID, "box_id": BOX_ID, "argv": ["make", "test\u{1b}[2J"], "tty": false, "state": "running", "asked_by": "admin",
        "timeout_ms": 600_000, "created_at": AT, "started_at": AT, "stdout": "", "stderr": "", "stdout_bytes": 0,
        "stderr_bytes": 0, "truncated": false,
    });
    for (name, value) in more.as_object().unwrap() {
        view[name] = value.clone();
    }
    view
}

fn ended() -> Value {
    exec(&json!({ "state": "exited", "code": 2, "ended_at": AT, "stdout": "out\n", "stderr": "err\n" }))
}

#[tokio::test]
async fn a_command_is_left_running_and_its_id_printed() {
    let start = post(|| async { (StatusCode::ACCEPTED, Json(exec(&json!({ "state": "waiting" })))) });
    let fake = Fake::start(Router::new().route("/v1/boxes/home/exec", start)).await;
    let words =
        ["exec", "-b", "home", "-d", "-e", "A=1", "-w", "/tmp", "--timeout", "1h", "--", "make", "-j", "2"];
    let ran = smartbox(&fake, &words).stdin("unread").end().await;
    assert_eq!((ran.code, ran.stdout), (0, format!("{ID}\n")));
    let seen = &fake.seen()[0];
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    let sent =
        json!({ "argv": ["make", "-j", "2"], "env": { "A": "1" }, "cwd": "/tmp", "timeout_ms": 3_600_000 });
    assert_eq!(body, sent);
    assert!(seen.header("idempotency-key").is_some(), "one that is sent twice runs once");
    let words = ["exec", "-b", "home", "-d", "-i", "--json", "--", "cat"];
    let ran = smartbox(&fake, &words).stdin("in").end().await;
    assert!(
        ran.code == 0 && ran.stdout.contains(ID) && fake.seen()[1].body.contains("\"stdin\":\"in\""),
        "{ran}"
    );
}

#[tokio::test]
async fn commands_are_listed_in_words() {
    let list = json!({ "items": [
        exec(&json!({})), ended(), exec(&json!({ "state": "signalled", "signal": "KILL" })), exec(&json!({ "state": "timed_out" })),
        exec(&json!({ "state": "lost", "why": "the platform ended" })), exec(&json!({ "state": "killed" })),
    ] });
    let fake = Fake::start(Router::new().route("/v1/boxes/home/exec", get(|| async { Json(list) }))).await;
    assert_snapshot!(smartbox(&fake, &["command", "list", "-b", "home"]).end().await);
    assert_eq!(fake.lines(), ["GET /v1/boxes/home/exec?limit=200"]);
}

#[tokio::test]
async fn what_a_command_said_goes_where_it_was_said() {
    let one = get(|| async { Json(ended()) }).delete(|| async { Json(exec(&json!({ "state": "killed" }))) });
    let signal = post(|| async { Json(exec(&json!({}))) });
    let routes =
        Router::new().route("/v1/boxes/home/exec/{id}", one).route("/v1/boxes/home/exec/{id}/signal", signal);
    let fake = Fake::start(routes).await;
    let ran = smartbox(&fake, &["command", "show", ID, "-b", "home", "--wait"]).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "out\n"));
    assert_eq!(ran.stderr, format!("err\nCommand `{ID}`: exited with 2.\n"));
    let ran = smartbox(&fake, &["command", "kill", ID, "-b", "home"]).end().await;
    assert_eq!(ran.stderr, format!("Command `{ID}`: killed.\n"));
    let ran = smartbox(&fake, &["command", "signal", ID, "-b", "home", "-s", "sigint"]).end().await;
    assert_eq!((ran.code, fake.seen()[2].body.as_str()), (0, r#"{"signal":"INT"}"#));
    assert_eq!(fake.lines()[0], format!("GET /v1/boxes/home/exec/{ID}?wait=50s"));
    for bad in ["exe_", "exe_../x", "box_1"] {
        assert!(smartbox_cli::parse_from(["smartbox", "command", "kill", bad]).is_err(), "{bad}");
    }
}
