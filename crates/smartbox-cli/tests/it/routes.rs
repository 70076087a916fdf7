//! Routes: list, show, change, back.

use axum::routing::{get, patch};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, Fake};
use crate::run::smartbox;

fn route(percentage: u8) -> Value {
    json!({ "name": "container-gateway", "primary": "http://old.example:8081", "candidate": "self",
        "percentage": percentage, "rollback_at": 50, "min_requests": 20, "window_secs": 60, "version": 4,
        "changed_at": AT, "changed_by": "admin" })
}

fn rolled_back() -> Value {
    let mut route = route(0);
    route["changed_by"] = json!("platform");
    route["rolled_back"] = json!({ "at": AT, "reason": "12 of 20 requests to self failed" });
    route
}

fn unused() -> Value {
    json!({ "name": "admin-api", "primary": "self", "candidate": "self", "percentage": 0, "rollback_at": 0,
        "min_requests": 20, "window_secs": 60, "version": 1 })
}

#[tokio::test]
async fn routes_are_shown_with_where_they_lead_and_what_became_of_them() {
    let list = json!({ "items": [unused(), rolled_back()] });
    let document = list.clone();
    let routes = Router::new()
        .route("/v1/routes", get(|| async { Json(list) }))
        .route("/v1/routes/{route}", get(|| async { Json(rolled_back()) }));
    let fake = Fake::start(routes).await;
    assert_snapshot!("route_list", smartbox(&fake, &["route", "list"]).end().await);
    assert_snapshot!("route_show", smartbox(&fake, &["route", "show", "container-gateway"]).end().await);
    assert_eq!(fake.lines(), ["GET /v1/routes", "GET /v1/routes/container-gateway"]);
    let listed = smartbox(&fake, &["route", "list", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&listed.stdout).unwrap(), document);
    let shown = smartbox(&fake, &["route", "show", "container-gateway", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&shown.stdout).unwrap(), rolled_back());
}

#[tokio::test]
async fn a_change_sends_only_what_changes_and_says_where_callers_are() {
    for (words, body, percentage, told) in [
        (
            &["route", "set", "container-gateway", "--percentage", "10"][..],
            r#"{"percentage":10}"#,
            10,
            "`container-gateway` leads to self for 10 % of the callers, to http://old.example:8081 for the others.\n",
        ),
        (
            &[
                "route",
                "set",
                "container-gateway",
                "--candidate",
                "self",
                "--percentage",
                "100",
                "--rollback-at",
                "5",
                "--min-requests",
                "100",
                "--window",
                "2m",
            ],
            r#"{"candidate":"self","percentage":100,"rollback_at":5,"min_requests":100,"window_secs":120}"#,
            100,
            "`container-gateway` leads to self for everybody.\n",
        ),
        (
            &["route", "rollback", "container-gateway"],
            r#"{"percentage":0}"#,
            0,
            "`container-gateway` leads to http://old.example:8081 for everybody.\n",
        ),
    ] {
        let answer = route(percentage);
        let routes = Router::new().route("/v1/routes/{route}", patch(|| async { Json(answer) }));
        let fake = Fake::start(routes).await;
        let ran = smartbox(&fake, words).end().await;
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", told), "{ran}");
        let seen = &fake.seen()[0];
        assert_eq!((seen.line.as_str(), seen.body.as_str()), ("PATCH /v1/routes/container-gateway", body));
        let document = smartbox(&fake, &[words, &["--json"]].concat()).end().await;
        assert_eq!(serde_json::from_str::<Value>(&document.stdout).unwrap(), route(percentage));
    }
}

#[test]
fn a_change_needs_something_to_change_and_a_route_that_exists() {
    for words in [
        &["route", "set", "admin-api"][..],
        &["route", "set", "boxes", "--percentage", "1"],
        &["route", "set", "admin-api", "--percentage", "101"],
        &["route", "set", "admin-api", "--window", "soon"],
        &["route", "rollback"],
    ] {
        let error = smartbox_cli::parse_from([&["smartbox"], words].concat()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{words:?}");
    }
}
