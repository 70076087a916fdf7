//! Operations, and waiting for them.

use std::time::Duration;

use http::StatusCode;
use smartbox_api::{Launched, OperationView};
use smartbox_provider::fake::{Call, Failure};
use smartbox_testkit::{Client, TestApp};
use tokio::time::Instant;

async fn wait(client: &Client, id: &str, wait: &str) -> OperationView {
    client.get(&format!("/v1/operations/{id}?wait={wait}")).await.json(StatusCode::OK)
}

#[tokio::test]
async fn a_wait_is_answered_when_the_operation_ends() {
    let mut app = TestApp::start().await;
    app.provider.set_ready_after(Some(Duration::from_millis(50)));
    let client = app.first_tenant().await.client;
    app.run_loops();
    let operation = app.created_box(&client, "home").await.operation;
    let ended = wait(&client, &operation.id, "30s").await;
    assert_eq!(ended.state, "succeeded");
    assert!(ended.finished_at.is_some());
}

#[tokio::test]
async fn a_wait_that_is_over_is_answered_with_what_is_known() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let operation = app.created_box(&client, "home").await.operation;
    let began = Instant::now();
    assert_eq!(wait(&client, &operation.id, "50ms").await.state, "running");
    assert!(began.elapsed() >= Duration::from_millis(50));
    assert_eq!(wait(&client, &operation.id, "0").await.state, "running");
}

#[tokio::test]
async fn a_stop_of_the_platform_ends_a_wait() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let operation = app.created_box(&client, "home").await.operation;
    let stop = app.stop_signal();
    let (answer, ()) = tokio::join!(wait(&client, &operation.id, "60s"), async {
        tokio::task::yield_now().await;
        stop.cancel();
    });
    assert_eq!(answer.state, "running");
}

#[tokio::test]
async fn a_later_wish_supersedes_an_earlier_one() {
    let app = TestApp::start().await;
    app.provider.set_ready_after(None);
    let client = app.first_tenant().await.client;
    let create = app.created_box(&client, "home").await.operation;
    app.settle().await;
    let stop: Launched = client.post("/v1/boxes/home/stop").await.json(StatusCode::ACCEPTED);
    app.settle().await;
    assert_eq!(wait(&client, &create.id, "0").await.state, "superseded");
    assert_eq!(wait(&client, &stop.operation.id, "0").await.state, "succeeded");
}

#[tokio::test]
async fn an_operation_that_cannot_succeed_fails_with_the_reason() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    app.provider.fail_next(Call::EnsureRunning, 1, Failure::Permanent("there is no image".to_owned()));
    let create = app.created_box(&client, "home").await.operation;
    app.settle().await;
    let failed = wait(&client, &create.id, "0").await;
    assert_eq!(failed.state, "failed");
    let error = failed.error.unwrap();
    assert_eq!((error.code.as_str(), error.detail.as_str()), ("provider", "there is no image"));
    assert_eq!(error.remedy.as_deref(), Some("Do what the test says."));
}

#[tokio::test]
async fn an_unknown_operation_is_not_found() {
    let app = TestApp::start().await;
    for id in
        ["op_00000000000070008000000000000000", "op_1", "x", "%ff", "box_00000000000070008000000000000000"]
    {
        let problem = app.admin().get(&format!("/v1/operations/{id}")).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (404, "operation-not-found"), "{id}");
    }
}

async fn cancel(client: &Client, id: &str) -> smartbox_testkit::Answer {
    client.post(&format!("/v1/operations/{id}/cancel")).await
}

#[tokio::test]
async fn a_start_that_is_cancelled_leaves_a_stopped_box_with_its_disk() {
    let app = TestApp::start().await;
    app.provider.set_ready_after(None);
    let client = app.first_tenant().await.client;
    let create = app.created_box(&client, "home").await.operation;
    app.settle().await;
    let running = wait(&client, &create.id, "0").await;
    assert!(running.step.as_deref().is_some_and(|step| step.starts_with("starting")), "{running:?}");
    let cancelled: OperationView = cancel(&client, &create.id).await.json(StatusCode::OK);
    assert_eq!((cancelled.state.as_str(), cancelled.step), ("cancelled", None));
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.desired.as_str()), ("stopped", "stopped"));
    assert_eq!(wait(&client, &create.id, "0").await.state, "cancelled");
    assert_eq!(cancel(&client, &create.id).await.problem().code, "conflict", "it has ended");
    app.provider.set_ready_after(Some(Duration::ZERO));
    client.post("/v1/boxes/home/start").await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
}

#[tokio::test]
async fn what_cannot_be_taken_back_says_what_can_be_done() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    for (verb, remedy) in [("stop", "box start"), ("restart", "box stop")] {
        let begun: Launched = client.post(&format!("/v1/boxes/home/{verb}")).await.json(StatusCode::ACCEPTED);
        let refused = cancel(&client, &begun.operation.id).await.problem();
        assert_eq!((refused.status, refused.code.as_str()), (409, "conflict"), "{verb}");
        assert!(refused.remedy.is_some_and(|words| words.contains(remedy)), "{verb}");
        app.settle().await;
        assert_eq!(wait(&client, &begun.operation.id, "0").await.state, "succeeded", "nothing was changed");
    }
}

#[tokio::test]
async fn a_box_that_was_to_fall_asleep_stays_awake() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    let asked: Launched = client.post("/v1/boxes/home/sleep").await.json(StatusCode::ACCEPTED);
    let cancelled: OperationView = cancel(&client, &asked.operation.id).await.json(StatusCode::OK);
    assert_eq!(cancelled.state, "cancelled");
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
}

#[tokio::test]
async fn an_operation_of_another_org_cannot_be_cancelled_nor_by_somebody_who_only_looks() {
    let app = TestApp::start().await;
    app.provider.set_ready_after(None);
    let owner = app.first_tenant().await;
    let create = app.created_box(&owner.client, "home").await.operation;
    let other = app.tenant("acme").await.client;
    assert_eq!(cancel(&other, &create.id).await.problem().code, "operation-not-found");
    let (_, viewer) = app.member(&owner.org, "bob", "viewer").await;
    assert_eq!(cancel(&viewer, &create.id).await.problem().code, "missing-permission");
    assert_eq!(wait(&owner.client, &create.id, "0").await.state, "running");
}
