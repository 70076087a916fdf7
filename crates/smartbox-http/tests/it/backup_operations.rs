//! Backups and restores as operations: those that take long go on, are followed, and are taken back.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{BackupList, Launched, OperationView};
use smartbox_testkit::{Answer, Client, TestApp, id_of};

const PATH: &str = "/v1/boxes/home/backups";

/// A platform on which nobody waits for a backup.
async fn impatient() -> (TestApp, Client, PathBuf) {
    let app = TestApp::builder().limits(|limits| limits.backups.answer_within = Duration::ZERO).start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    let home = app.provider.home_of(id);
    fs::write(home.join("state/openclaw.json"), "{}").unwrap();
    (app, client, home)
}

async fn asked(client: &Client) -> OperationView {
    let answer = client.post(PATH).await;
    let location = answer.header(LOCATION).to_owned();
    let operation: OperationView = answer.json(StatusCode::ACCEPTED);
    assert_eq!(location, format!("/v1/operations/{}", operation.id));
    operation
}

async fn look(client: &Client, id: &str) -> OperationView {
    client.get(&format!("/v1/operations/{id}")).await.json(StatusCode::OK)
}

async fn cancel(client: &Client, id: &str) -> Answer {
    client.post(&format!("/v1/operations/{id}/cancel")).await
}

async fn backups(client: &Client) -> usize {
    let list: BackupList = client.get(PATH).await.json(StatusCode::OK);
    list.items.len()
}

#[tokio::test]
async fn a_backup_that_takes_long_is_answered_with_an_operation_and_goes_on() {
    let (app, client, _home) = impatient().await;
    let operation = asked(&client).await;
    assert_eq!((operation.kind.as_str(), operation.state.as_str()), ("backup", "running"));
    assert_eq!(asked(&client).await.id, operation.id, "who asks again waits for the same one");
    assert_eq!(look(&client, &operation.id).await.step.as_deref(), Some("waiting"));
    assert_eq!(backups(&client).await, 0);
    app.back_up().await;
    assert_eq!(look(&client, &operation.id).await.state, "succeeded");
    let list: BackupList = client.get(PATH).await.json(StatusCode::OK);
    assert!(list.items.len() == 1 && list.items[0].is_pinned, "{list:?}");
    let told: Value = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert!(told.to_string().contains("backup.requested"), "who asked for it is told: {told}");
}

#[tokio::test]
async fn a_backup_that_was_asked_for_is_made_by_the_platform_that_starts_next() {
    let (mut app, client, _home) = impatient().await;
    let operation = asked(&client).await;
    app.restart().await;
    app.settle().await;
    app.back_up().await;
    assert_eq!(look(&client, &operation.id).await.state, "succeeded");
    assert_eq!(backups(&client).await, 1);
}

#[tokio::test]
async fn a_backup_that_is_cancelled_is_not_made_and_the_next_one_is() {
    let (app, client, _home) = impatient().await;
    let operation = asked(&client).await;
    let cancelled: OperationView = cancel(&client, &operation.id).await.json(StatusCode::OK);
    assert_eq!(cancelled.state, "cancelled");
    assert_eq!(cancel(&client, &operation.id).await.problem().code, "conflict", "it has ended");
    let next = asked(&client).await;
    assert_ne!(next.id, operation.id);
    app.back_up().await;
    assert_eq!(
        (look(&client, &operation.id).await.state, backups(&client).await),
        ("cancelled".to_owned(), 1)
    );
    assert_eq!(look(&client, &next.id).await.state, "succeeded");
}

#[tokio::test]
async fn an_operation_is_followed_until_its_end() {
    let (app, client, _home) = impatient().await;
    let operation = asked(&client).await;
    let mut request = client.request(Method::GET, &format!("/v1/operations/{}", operation.id), "");
    request.headers_mut().insert(ACCEPT, "text/event-stream".parse().unwrap());
    let (answer, ()) = tokio::join!(client.send(request), app.back_up());
    assert_eq!((answer.status, answer.header(CONTENT_TYPE)), (StatusCode::OK, "text/event-stream"));
    let text = answer.text();
    assert!(text.starts_with("event: operation\ndata: {"), "{text}");
    let last: OperationView = serde_json::from_str(text.trim_end().rsplit("data: ").next().unwrap()).unwrap();
    assert_eq!((last.id, last.state.as_str()), (operation.id.clone(), "succeeded"));

    let stranger = app.tenant("acme").await.client;
    let mut request = stranger.request(Method::GET, &format!("/v1/operations/{}", operation.id), "");
    request.headers_mut().insert(ACCEPT, "text/event-stream".parse().unwrap());
    assert_eq!(stranger.send(request).await.problem().code, "operation-not-found");
}

#[tokio::test]
async fn a_restore_that_is_cancelled_in_time_leaves_the_disk_as_it_is() {
    let (app, client, home) = impatient().await;
    asked(&client).await;
    app.back_up().await;
    let list: BackupList = client.get(PATH).await.json(StatusCode::OK);
    fs::write(home.join("state/openclaw.json"), "newer").unwrap();
    let path = format!("{PATH}/{}/restore", list.items[0].id);
    let restore: Launched = client.post_json(&path, &json!({})).await.json(StatusCode::ACCEPTED);
    let cancelled: OperationView = cancel(&client, &restore.operation.id).await.json(StatusCode::OK);
    assert_eq!(cancelled.state, "cancelled");
    app.settle().await;
    assert_eq!(fs::read_to_string(home.join("state/openclaw.json")).unwrap(), "newer");
    assert_eq!(app.show(&client, "home").await.phase, "running");
    let told: Value = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert!(!told.to_string().contains("\"box.restored\""), "{told}");

    let restore: Launched = client.post_json(&path, &json!({})).await.json(StatusCode::ACCEPTED);
    app.settle().await;
    assert_eq!(fs::read_to_string(home.join("state/openclaw.json")).unwrap(), "{}");
    assert_eq!(cancel(&client, &restore.operation.id).await.problem().code, "conflict", "it has ended");
}
