//! What happens, as a stream.

use std::time::Duration;

use http::{HeaderName, StatusCode};
use jiff::SignedDuration;
use smartbox_api::{AuditList, EventMessage};
use smartbox_testkit::{Client, EventStream, StreamEvent, TestApp};
use tokio::time::timeout;

async fn next(stream: &mut EventStream) -> StreamEvent {
    timeout(Duration::from_secs(10), stream.next())
        .await
        .expect("an event comes")
        .expect("the stream goes on")
}

fn behind(client: &Client, id: &str) -> Client {
    client.clone().with(HeaderName::from_static("last-event-id"), id)
}

/// Types of what is told from the beginning of the test on.
async fn types(client: &Client, query: &str) -> Vec<String> {
    let path = format!("/v1/events?follow=false&since=2026-01-01T00:00:00Z{query}");
    let mut events = client.events(&path).await.rest().await;
    assert_eq!(events.pop().expect("an end").name, "end");
    events.into_iter().map(|event| event.name).collect()
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens_and_nothing_is_missed_by_who_comes_back() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let mut stream = owner.client.events("/v1/events").await;
    assert_eq!(stream.status, StatusCode::OK);
    app.created_box(&owner.client, "home").await;
    let first = next(&mut stream).await;
    assert_eq!(first.name, "box.created");
    let message: EventMessage = first.json();
    assert_eq!((message.kind.as_str(), message.schema, message.outcome.as_str()), ("box.created", 1, "ok"));
    assert_eq!(
        (message.org.as_deref(), first.id.as_deref()),
        (Some(owner.org.as_str()), Some(message.id.as_str()))
    );
    drop(stream);
    app.settle().await;
    let mut stream = behind(&owner.client, &message.id).events("/v1/events").await;
    let told: EventMessage = next(&mut stream).await.json();
    let log: AuditList = owner.client.get("/v1/audit").await.json(StatusCode::OK);
    let place = log.items.iter().position(|line| line.id == message.id).expect("it is in the log");
    assert_eq!(told.id, log.items[place + 1].id, "the very next one");
    assert_eq!(told.kind, "box.ready");
}

#[tokio::test]
async fn only_the_types_and_the_box_are_told_that_were_asked_for() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    app.running_box(&owner.client, "home").await;
    app.running_box(&owner.client, "work").await;
    assert_eq!(
        types(&owner.client, "&type=box.created,box.ready&box=work").await,
        ["box.created", "box.ready"]
    );
    let all = types(&owner.client, "").await;
    assert!(all.iter().any(|kind| kind == "user.signed-in"), "{all:?}");
    assert!(types(&owner.client, "&type=box.*").await.iter().all(|kind| kind.starts_with("box.")));
    for bad in ["type=Box", "since=yesterday", "box=no-such-box", "limit=3"] {
        assert!(owner.client.get(&format!("/v1/events?{bad}")).await.problem().status >= 404, "{bad}");
    }
}

#[tokio::test]
async fn another_org_is_told_of_its_own_and_the_admin_of_all() {
    let app = TestApp::start().await;
    let (owner, other) = (app.first_tenant().await, app.tenant("acme").await);
    app.running_box(&owner.client, "home").await;
    let seen = types(&other.client, "").await;
    assert!(!seen.is_empty() && seen.iter().all(|kind| !kind.starts_with("box.")), "{seen:?}");
    assert_eq!(other.client.get("/v1/events?box=home").await.problem().code, "box-not-found");
    // An event of another org is one that does not exist.
    let events = owner.client.events("/v1/events?follow=false&since=2026-01-01T00:00:00Z").await.rest().await;
    let theirs = events[0].id.clone().unwrap();
    let refused = behind(&other.client, &theirs).get("/v1/events").await.problem();
    assert_eq!((refused.status, refused.errors[0].field.as_str()), (422, "Last-Event-ID"));
    let all = types(&app.admin(), "").await;
    assert!(all.len() > seen.len() && all.iter().any(|kind| kind == "box.ready"));
    assert_eq!(types(&app.admin(), &format!("&org={}", other.org)).await, seen);
}

#[tokio::test]
async fn whoever_may_not_read_the_audit_log_is_told_of_boxes_alone() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let home = app.running_box(&owner.client, "home").await;
    app.running_box(&owner.client, "work").await;
    let (_, viewer) = app.member(&owner.org, "bob", "viewer").await;
    let seen = types(&viewer, "").await;
    assert!(seen.iter().any(|kind| kind == "box.ready"));
    assert!(seen.iter().all(|kind| !kind.starts_with("user.") && !kind.starts_with("token.")), "{seen:?}");
    let body = serde_json::json!({ "name": "link", "scopes": ["boxes:read", "audit:read"], "box": home.id });
    let made: smartbox_api::CreatedToken =
        owner.client.post_json("/v1/tokens", &body).await.json(StatusCode::CREATED);
    let linked = app.anonymous().with_bearer(&made.secret);
    let path = "/v1/events?follow=false&since=2026-01-01T00:00:00Z";
    let mut events = linked.events(path).await.rest().await;
    events.pop();
    assert!(!events.is_empty());
    for event in events {
        assert_eq!(event.json::<EventMessage>().box_id.as_deref(), Some(home.id.as_str()));
    }
    let (_, talker) = app.program(&owner.org, &["boxes:talk"]).await;
    assert_eq!(talker.get("/v1/events").await.problem().code, "missing-permission");
}

#[tokio::test]
async fn what_is_longer_ago_than_a_day_is_not_replayed() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    app.created_box(&owner.client, "home").await;
    let path = "/v1/events?follow=false&since=2026-01-01T00:00:00Z";
    let first = owner.client.events(path).await.rest().await[0].id.clone().unwrap();
    app.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(behind(&owner.client, &first).events("/v1/events?follow=false").await.status, StatusCode::OK);
    app.clock.advance(SignedDuration::from_secs(1));
    for refused in [behind(&owner.client, &first).get("/v1/events").await, owner.client.get(path).await] {
        let problem = refused.problem();
        assert_eq!((problem.status, problem.code.as_str()), (410, "replay-over"));
    }
    let known = owner.client.get("/v1/audit").await;
    assert!(known.text().contains(&first), "the log has it");
}

#[tokio::test]
async fn a_stream_ends_with_the_right_to_it_and_nobody_reads_on_for_it() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let (made, program) = app.program(&owner.org, &["boxes:read"]).await;
    let mut stream = program.events("/v1/events").await;
    owner.client.delete(&format!("/v1/tokens/{}", made.token.id)).await;
    let ended = timeout(Duration::from_secs(10), stream.next()).await.expect("it ends");
    assert_eq!(ended, None);
}
