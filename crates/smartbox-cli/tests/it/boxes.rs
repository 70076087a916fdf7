//! Boxes, orgs and tiers.

use axum::routing::{get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, BOX_ID, Fake, launched, operation, smartbox as view};
use crate::run::{SECRET, smartbox};

fn one_box() -> Router {
    Router::new().route("/v1/boxes/home", get(|| async { Json(view("running", None)) }))
}

#[tokio::test]
async fn create_prints_the_id_and_says_how_to_go_on() {
    let routes = Router::new()
        .route("/v1/boxes", post(|| async { launched("create", "running", "requested") }))
        .route("/v1/boxes/{id}", get(|| async { Json(view("running", None)) }))
        .route("/v1/operations/{id}", get(|| async { Json(operation("create", "succeeded")) }));
    let fake = Fake::start(routes).await;
    let words = ["box", "create", "home", "--kind", "project", "--tier", "standard-2", "--org", "acme"];
    let ran = smartbox(&fake, &words).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, format!("{BOX_ID}\n").as_str()));
    assert!(ran.stderr.contains("Box `home` runs."), "{ran}");

    let asked = &fake.seen()[0];
    assert_eq!(asked.line, "POST /v1/boxes");
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body, json!({"name": "home", "kind": "project", "tier": "standard-2", "org": "acme"}));
    assert_eq!(asked.header("x-admin-secret"), Some(SECRET));
    assert_eq!(asked.header("idempotency-key").unwrap().len(), 32);
    assert!(fake.lines().contains(&"GET /v1/operations/op_1?wait=30s".to_owned()));
}

#[tokio::test]
async fn create_can_leave_the_box_stopped_and_not_wait() {
    let routes =
        Router::new().route("/v1/boxes", post(|| async { launched("create", "succeeded", "stopped") }));
    let fake = Fake::start(routes).await;
    let ran = smartbox(&fake, &["box", "create", "home", "--no-start", "--no-wait"]).end().await;
    assert_eq!(ran.code, 0);
    assert_eq!(fake.seen()[0].body, r#"{"name":"home","start":false}"#);
    assert_eq!(fake.lines().len(), 1, "nothing was waited for");
}

#[tokio::test]
async fn a_list_follows_its_pages() {
    let page = |axum::extract::RawQuery(query): axum::extract::RawQuery| async move {
        if query.unwrap().contains("cursor=next") {
            let mut second = view("starting", Some("process"));
            second["name"] = "lab".into();
            return Json(json!({ "items": [second] }));
        }
        let mut first = view("running", None);
        first["is_default"] = true.into();
        Json(json!({ "items": [first], "next_cursor": "next" }))
    };
    let fake = Fake::start(Router::new().route("/v1/boxes", get(page))).await;
    assert_snapshot!(smartbox(&fake, &["box", "list"]).end().await);
    assert_eq!(fake.lines(), ["GET /v1/boxes?limit=200", "GET /v1/boxes?limit=200&cursor=next"]);
    let json = smartbox(&fake, &["box", "list", "--json", "--state", "running"]).end().await;
    let list: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!((list.get("next_cursor"), json.stderr.as_str()), (None, ""));
    assert!(fake.lines()[2].ends_with("state=running"));
}

#[tokio::test]
async fn an_endless_list_is_given_up() {
    let page = || async { Json(json!({ "items": [], "next_cursor": "again" })) };
    let fake = Fake::start(Router::new().route("/v1/boxes", get(page))).await;
    assert_eq!(smartbox(&fake, &["box", "list"]).end().await.code, 1);
}

#[tokio::test]
async fn an_empty_list_says_how_to_begin_and_prints_nothing() {
    let fake =
        Fake::start(Router::new().route("/v1/boxes", get(|| async { Json(json!({"items": []})) }))).await;
    let ran = smartbox(&fake, &["box", "list"]).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.contains("smartbox box create"));
}

#[tokio::test]
async fn show_tells_everything_about_a_failed_box() {
    let failed = || async {
        let mut failed = view("failed", None);
        failed["error"] = json!({"code": "config", "detail": "OpenClaw refused its configuration.",
            "remedy": "Correct `model` in its settings.", "log_tail": ["Error: model", "exit 78"]});
        failed["retry_at"] = AT.into();
        failed["observed_at"] = AT.into();
        failed["restarts"] = 3.into();
        failed["oom_kills"] = 1.into();
        failed["pid"] = 4711.into();
        Json(failed)
    };
    let fake = Fake::start(Router::new().route("/v1/boxes/home", get(failed))).await;
    assert_snapshot!(smartbox(&fake, &["box", "show", "home"]).end().await);
}

#[tokio::test]
async fn show_tells_that_a_box_is_left_alone_and_until_when() {
    let left_alone = || async {
        let mut left_alone = view("failed", None);
        left_alone["error"] =
            json!({"code": "breaker-open", "detail": "it kept failing", "remedy": "start the box"});
        left_alone["breaker"] =
            json!({"open_since": AT, "reason": "it crashed", "next_trial_at": AT, "is_trying": false});
        Json(left_alone)
    };
    let fake = Fake::start(Router::new().route("/v1/boxes/home", get(left_alone))).await;
    let shown = smartbox(&fake, &["box", "show", "home"]).end().await.stdout;
    assert!(shown.contains("left alone, because it kept failing") && shown.contains("Next trial"), "{shown}");
}

#[tokio::test]
async fn without_a_name_the_default_box_is_meant() {
    let default = get(|| async { Json(view("running", None)) });
    let fake = Fake::start(Router::new().route("/v1/boxes/default", default)).await;
    assert_eq!(smartbox(&fake, &["box", "show"]).end().await.code, 0);
    let json = smartbox(&fake, &["--json", "box", "show"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap(), view("running", None));
}

#[tokio::test]
async fn start_stop_and_restart_wait_for_their_end() {
    for (verb, said) in [("start", "runs"), ("stop", "has stopped"), ("restart", "runs again")] {
        let routes = Router::new()
            .route(
                "/v1/boxes/home/{verb}",
                post(move || async move { launched(verb, "running", "starting") }),
            )
            .route("/v1/boxes/{id}", get(|| async { Json(view("running", None)) }))
            .route("/v1/operations/{id}", get(move || async move { Json(operation(verb, "succeeded")) }));
        let fake = Fake::start(routes).await;
        let ran = smartbox(&fake, &["box", verb, "home"]).end().await;
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran}");
        assert!(ran.stderr.ends_with(&format!("Box `home` {said}.\n")), "{ran}");
        assert_eq!(fake.lines()[0], format!("POST /v1/boxes/home/{verb}"));

        let json = smartbox(&fake, &["box", verb, "home", "--json"]).end().await;
        let document: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(document["operation"]["state"], "succeeded");
        assert_eq!((document["box"]["phase"].as_str(), json.stderr.as_str()), (Some("running"), ""));
    }
}

#[tokio::test]
async fn delete_says_until_when_and_how_it_can_be_undone() {
    let deleted = || async {
        let mut gone = view("deleting", None);
        gone["purge_at"] = "2026-11-22T07:51:02Z".into();
        Json(json!({ "box": gone, "operation": operation("delete", "running") }))
    };
    let routes = Router::new()
        .route("/v1/boxes/home", axum::routing::delete(deleted))
        .route(
            "/v1/boxes/{id}",
            get(|| async {
                crate::fake::problem(
                    json!({"type": "", "status": 404, "code": "not-found", "title": "No such box"}),
                )
            }),
        )
        .route("/v1/operations/{id}", get(|| async { Json(operation("delete", "succeeded")) }));
    let fake = Fake::start(routes).await;
    assert_snapshot!(smartbox(&fake, &["box", "delete", "home", "--yes"]).end().await);
}

#[tokio::test]
async fn a_timeline_ends_with_the_newest() {
    let event = |at: &str, action: &str, actor: &str, reason: &str| json!({"id": "evt_1", "box_id": BOX_ID, "at": at, "actor": actor, "action": action, "reason": reason, "detail": {}});
    let list = json!({"items": [
        event("2026-11-21T07:52:00Z", "box.ready", "reconcile", "the gateway answers"),
        event(AT, "box.created", "admin", "asked for by API"),
    ]});
    let timeline = get(move || async move { Json(list) });
    let fake = Fake::start(one_box().route("/v1/boxes/home/timeline", timeline)).await;
    assert_snapshot!(smartbox(&fake, &["box", "timeline", "home", "--limit", "2"]).end().await);
    assert_eq!(fake.lines(), ["GET /v1/boxes/home/timeline?limit=2"]);
}

#[tokio::test]
async fn orgs_and_tiers_are_tables_or_json() {
    let org = json!({"id": "org_1", "name": "acme", "pairing": "auto", "owner": "usr_1", "created_at": AT});
    let tier = json!({"name": "standard-1", "cpu_millis": 1500, "memory_bytes": 1073741824_u64,
        "memory_max_bytes": 1610612736_u64, "pids_max": 512, "boxes_max": 20});
    let (created, listed) = (org.clone(), json!({ "items": [org] }));
    let tiers = json!({ "items": [tier] });
    let routes = Router::new()
        .route("/v1/orgs", post(|| async { Json(created) }).get(|| async { Json(listed) }))
        .route("/v1/tiers", get(|| async { Json(tiers) }));
    let fake = Fake::start(routes).await;
    assert_snapshot!("org_create", smartbox(&fake, &["org", "create", "acme"]).end().await);
    assert_snapshot!("org_list", smartbox(&fake, &["org", "list"]).end().await);
    assert_snapshot!("tier_list", smartbox(&fake, &["tier", "list"]).end().await);
    let json = smartbox(&fake, &["tier", "list", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap()["items"][0]["cpu_millis"], 1500);
}
