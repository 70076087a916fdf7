//! Maintenance of the platform.

use http::{Method, StatusCode};
use serde_json::json;
use smartbox_api::{MaintenanceView, Readiness};
use smartbox_testkit::TestApp;

const PATH: &str = "/v1/maintenance";

#[tokio::test]
async fn nothing_starts_while_the_platform_is_maintained_also_after_a_restart_and_one_call_ends_it() {
    let mut app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "home").await;
    app.created_box(&owner, "other").await;
    app.settle().await;
    owner.post("/v1/boxes/other/stop").await;
    app.settle().await;
    let wish = json!({ "reason": "the host gets a new kernel", "lasts_secs": 600 });
    let begun: MaintenanceView = app.admin().change_json(Method::PUT, PATH, &wish).await.json(StatusCode::OK);
    assert_eq!((begun.active, begun.drain.as_deref(), begun.boxes_left), (true, Some("off"), 1));
    app.restart().await;
    let owner = app.first_tenant().await.client;
    for (path, body) in [
        ("/v1/boxes", json!({ "name": "third" })),
        ("/v1/boxes/other/start", json!(null)),
        ("/v1/boxes/home/restart", json!(null)),
        ("/v1/boxes/home/clone", json!({ "name": "copy" })),
    ] {
        let answer = if body.is_null() { owner.post(path).await } else { owner.post_json(path, &body).await };
        let problem = answer.problem();
        assert_eq!((problem.status, problem.code.as_str()), (503, "maintenance"), "{path}");
        assert_eq!(answer.header("retry-after"), "600");
        assert!(problem.detail.unwrap().contains("the host gets a new kernel"));
    }
    let ready: Readiness = app.anonymous().get("/readyz").await.json(StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.reasons.iter().any(|why| why.contains("a new kernel")), "{ready:?}");
    app.settle().await;
    assert_eq!(app.show(&owner, "home").await.phase, "running", "what runs goes on");

    assert!(!app.admin().delete(PATH).await.json::<MaintenanceView>(StatusCode::OK).active);
    assert_eq!(owner.post("/v1/boxes/other/start").await.status, 202);
    assert_eq!(app.admin().delete(PATH).await.problem().code, "conflict");
}

#[tokio::test]
async fn a_drained_platform_puts_its_boxes_to_rest_and_none_is_woken_meanwhile() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    for name in ["one", "two", "three", "four", "five", "six"] {
        app.running_box(&owner, name).await;
    }
    let wish = json!({ "reason": "a new disk", "drain": "sleep" });
    app.admin().change_json(Method::PUT, PATH, &wish).await;
    for _ in 0..6 {
        app.settle().await;
    }
    let drained: MaintenanceView = owner.get(PATH).await.json(StatusCode::OK);
    assert_eq!(drained.boxes_left, 0, "{drained:?}");
    assert_eq!(app.show(&owner, "one").await.phase, "sleeping");
    assert_eq!(owner.post("/v1/boxes/one/wake").await.problem().code, "maintenance");
    app.admin().delete(PATH).await;
    assert_eq!(owner.post("/v1/boxes/one/wake").await.status, 202);
    app.settle().await;
    assert_eq!(app.show(&owner, "one").await.phase, "running");
}

#[tokio::test]
async fn only_the_admin_begins_and_ends_it_and_wrong_words_are_told_together() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let wish = json!({ "reason": "mine" });
    assert_eq!(owner.change_json(Method::PUT, PATH, &wish).await.problem().code, "admin-only");
    assert_eq!(owner.delete(PATH).await.problem().code, "admin-only");
    let wrong = json!({ "reason": " ", "drain": "hard" });
    let problem = app.admin().change_json(Method::PUT, PATH, &wrong).await.problem();
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!((problem.status, fields), (422, vec!["reason", "drain"]));
    assert!(!owner.get(PATH).await.json::<MaintenanceView>(StatusCode::OK).active);
}
