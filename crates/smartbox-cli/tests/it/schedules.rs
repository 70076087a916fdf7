//! Schedules on the command line.

use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, BOX_ID, Fake};
use crate::run::smartbox;

const ID: &str = "sch_0190f5fe7c007a3e8a2f0123456789ab";

fn schedule() -> Value {
    json!({ "id": ID, "box_id": BOX_ID, "name": "report", "cron": "0 9 * * MON-FRI", "time_zone": "Europe/Berlin",
        "message": { "text": "write the\nmorning report", "session": "agent:main:main" }, "catch_up": "once",
        "enabled": true, "version": 1, "created_by": "usr_1", "created_at": AT, "next_at": AT, "fires_at": AT,
        "last_run": { "id": "ab", "due_at": AT, "at": AT, "state": "failed", "error": "the box is stopped" } })
}

#[tokio::test]
async fn a_schedule_is_added_and_its_id_printed() {
    let routes = Router::new()
        .route("/v1/boxes/home/schedules", post(|| async { (StatusCode::CREATED, Json(schedule())) }));
    let fake = Fake::start(routes).await;
    let words = [
        "schedule",
        "add",
        "report",
        "-b",
        "home",
        "--cron",
        "0 9 * * MON-FRI",
        "--zone",
        "Europe/Berlin",
        "-m",
        "go",
    ];
    let ran = smartbox(&fake, &words).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, format!("{ID}\n").as_str()));
    assert_eq!(
        fake.seen()[0].body,
        r#"{"name":"report","cron":"0 9 * * MON-FRI","time_zone":"Europe/Berlin","message":{"text":"go"}}"#
    );
    assert!(fake.seen()[0].header("idempotency-key").is_some());
}

#[tokio::test]
async fn schedules_are_a_table_that_no_text_breaks() {
    let mut off = schedule();
    off["enabled"] = false.into();
    off["message"] = Value::Null;
    off["last_run"] = Value::Null;
    off["cron"] = Value::Null;
    off["at"] = AT.into();
    off["wake"] = json!({ "minutes": 10 });
    let list = json!({ "items": [schedule(), off] });
    let fake =
        Fake::start(Router::new().route("/v1/boxes/default/schedules", get(|| async { Json(list) }))).await;
    assert_snapshot!("schedule_list", smartbox(&fake, &["schedule", "list"]).end().await);
}

#[tokio::test]
async fn a_change_sends_only_what_changes_and_a_removal_names_the_id() {
    let path = format!("/v1/boxes/default/schedules/{ID}");
    let routes = Router::new()
        .route(&path, delete(|| async { StatusCode::NO_CONTENT }).patch(|| async { Json(schedule()) }));
    let fake = Fake::start(routes).await;
    let ran = smartbox(&fake, &["schedule", "set", ID, "--state", "off"]).end().await;
    assert_eq!((ran.code, fake.seen()[0].body.as_str()), (0, r#"{"enabled":false}"#));
    let nothing = smartbox(&fake, &["schedule", "set", ID]).end().await;
    assert_eq!((nothing.code, fake.seen().len()), (2, 1));
    assert_eq!(smartbox(&fake, &["schedule", "remove", ID]).end().await.code, 0);
    assert_eq!(fake.lines()[1], format!("DELETE {path}"));
    for wrong in [
        &["smartbox", "schedule", "remove", "../x"][..],
        &["smartbox", "schedule", "add", "x"],
        &["smartbox", "schedule", "add", "x", "--cron", "* * * * *", "--wake", "5", "-m", "hi"],
    ] {
        assert!(smartbox_cli::parse_from(wrong.iter().copied()).is_err(), "{wrong:?}");
    }
}
