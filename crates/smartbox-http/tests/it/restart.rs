//! The platform ends in the middle of things and starts again over the same database and boxes.

use http::StatusCode;
use serde_json::json;
use smartbox_api::{EventList, OperationView};
use smartbox_core::DeathReason;
use smartbox_provider::fake::Call;
use smartbox_testkit::{TestApp, id_of};

#[tokio::test]
async fn running_boxes_are_adopted_and_not_restarted() {
    let mut app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let view = app.running_box(&owner.client, "home").await;
    app.provider.write_volume(id_of(&view), "note", b"kept");

    app.restart().await;
    app.settle().await;

    let client = app.browser(&owner.org).await;
    assert_eq!(app.show(&client, "home").await, view, "nothing of it has changed");
    assert_eq!((app.provider.starts(id_of(&view)), app.provider.calls(Call::EnsureStopped)), (1, 0));
    assert!(app.doors.is_open(id_of(&view)));
    let list: EventList = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert_eq!(list.items.first().unwrap().action, "box.ready", "there is nothing to tell");
}

#[tokio::test]
async fn a_box_that_died_meanwhile_is_brought_back() {
    let mut app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let id = id_of(&app.running_box(&owner.client, "home").await);
    app.provider.die(id, DeathReason::Vanished);
    app.restart().await;
    app.settle().await;
    assert_eq!(app.show(&app.browser(&owner.org).await, "home").await.phase, "running");
    assert_eq!(app.provider.starts(id), 2);
}

#[tokio::test]
async fn what_was_asked_for_before_the_end_is_done_after_it() {
    let mut app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let created = app.created_box(&owner.client, "home").await;

    app.restart().await;
    app.settle().await;

    let client = app.browser(&owner.org).await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    let path = format!("/v1/operations/{}", created.operation.id);
    assert_eq!(client.get(&path).await.json::<OperationView>(StatusCode::OK).state, "succeeded");
}

#[tokio::test]
async fn sessions_and_idempotency_keys_outlive_the_platform() {
    let mut app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let key = http::HeaderName::from_static("idempotency-key");
    let headers = owner.client.headers().clone();
    let first = owner.client.with(key.clone(), "k").post_json("/v1/boxes", &json!({ "name": "home" })).await;

    app.restart().await;

    let cookie = headers[http::header::COOKIE].to_str().unwrap().split_once('=').unwrap().1;
    let client = app.anonymous().with_session(cookie).with(key, "k");
    let again = client.post_json("/v1/boxes", &json!({ "name": "home" })).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (first.status, "true"));
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn a_platform_that_was_replaced_can_do_nothing_to_the_boxes() {
    let mut app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    let mut old = smartbox_control::Reconciler::new(app.control.clone(), 1);
    app.restart().await;
    app.admin().post("/v1/boxes/home/restart").await;
    app.settle().await;
    assert_eq!(app.provider.starts(id), 2);

    app.expect_log("a step failed");
    app.admin().post("/v1/boxes/home/stop").await;
    old.pass().await.unwrap();
    old.settle().await;
    assert_eq!(app.show(&app.admin(), "home").await.phase, "stopping", "the old one is fenced");
}
