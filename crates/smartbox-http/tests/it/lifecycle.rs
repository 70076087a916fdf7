//! A box's life, asked for over HTTP.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;
use smartbox_api::{BoxView, CreatedBox, EventList, Launched, OperationView};
use smartbox_provider::fake::Call;
use smartbox_testkit::{Client, TestApp, id_of};

async fn launch(client: &Client, path: &str) -> Launched {
    client.post(path).await.json(StatusCode::ACCEPTED)
}

async fn state_of(client: &Client, operation: &OperationView) -> String {
    let path = format!("/v1/operations/{}", operation.id);
    client.get(&path).await.json::<OperationView>(StatusCode::OK).state
}

async fn actions(client: &Client, reference: &str) -> Vec<String> {
    let path = format!("/v1/boxes/{reference}/timeline");
    let list: EventList = client.get(&path).await.json(StatusCode::OK);
    list.items.into_iter().rev().map(|event| event.action).collect()
}

#[tokio::test]
async fn a_created_box_starts_and_its_operation_succeeds() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let created: CreatedBox = owner
        .client
        .post_json("/v1/boxes", &json!({ "name": "home", "kind": "project", "tier": "standard-2" }))
        .await
        .json(StatusCode::ACCEPTED);

    let view = &created.smartbox;
    assert_eq!((view.phase.as_str(), view.desired.as_str()), ("requested", "running"));
    assert_eq!((view.kind.as_str(), view.tier.as_str()), ("project", "standard-2"));
    assert_eq!(
        (view.org.as_str(), view.path.as_str(), view.is_default),
        (owner.org.as_str(), "/b/home/", true)
    );
    assert_eq!((created.operation.kind.as_str(), created.operation.state.as_str()), ("create", "running"));
    assert_eq!(created.operation.box_id, view.id);

    app.settle().await;

    let view = app.show(&owner.client, "home").await;
    assert_eq!((view.phase.as_str(), view.stage.as_deref(), view.error.as_ref()), ("running", None, None));
    assert!(view.pid.is_some());
    assert_eq!(state_of(&owner.client, &created.operation).await, "succeeded");
    assert!(app.doors.is_open(id_of(&view)), "the platform's services answer inside");
}

#[tokio::test]
async fn a_starting_box_tells_its_stage() {
    let app = TestApp::start().await;
    app.provider.set_ready_after(None);
    let client = app.first_tenant().await.client;
    let created = app.created_box(&client, "home").await;
    app.settle().await;

    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.stage.as_deref()), ("starting", Some("process")));
    app.provider.set_stage(id_of(&view), smartbox_core::Stage::Listening);
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.stage.as_deref(), Some("listening"));
    assert_eq!(state_of(&client, &created.operation).await, "running");
    app.provider.make_ready(id_of(&view));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    assert_eq!(state_of(&client, &created.operation).await, "succeeded");
}

#[tokio::test]
async fn a_box_stops_starts_and_restarts_with_its_disk() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.write_volume(id, "note", b"kept");

    let stop = launch(&client, "/v1/boxes/home/stop").await;
    assert_eq!((stop.smartbox.phase.as_str(), stop.smartbox.desired.as_str()), ("stopping", "stopped"));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "stopped");
    assert_eq!(state_of(&client, &stop.operation).await, "succeeded");
    assert!(!app.doors.is_open(id));

    let start = launch(&client, "/v1/boxes/home/start").await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    assert_eq!(state_of(&client, &start.operation).await, "succeeded");

    let pid = app.show(&client, "home").await.pid;
    let restart = launch(&client, "/v1/boxes/home/restart").await;
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!(view.phase, "running");
    assert_ne!(view.pid, pid, "it is another process");
    assert_eq!(state_of(&client, &restart.operation).await, "succeeded");
    assert_eq!(app.provider.starts(id), 3);
    assert_eq!(app.provider.read_volume(id, "note").as_deref(), Some(&b"kept"[..]));
}

#[tokio::test]
async fn a_box_that_was_not_to_start_stays_where_it_is() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let body = json!({ "name": "later", "start": false });
    let created: CreatedBox = client.post_json("/v1/boxes", &body).await.json(StatusCode::ACCEPTED);
    app.settle().await;
    assert_eq!(app.show(&client, "later").await.phase, "stopped");
    assert_eq!(state_of(&client, &created.operation).await, "succeeded");
    assert_eq!(app.provider.calls(Call::EnsureRunning), 0);
}

#[tokio::test]
async fn a_deleted_box_can_be_brought_back_within_its_grace_period() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.write_volume(id, "note", b"kept");

    let gone: Launched = client.delete("/v1/boxes/home").await.json(StatusCode::ACCEPTED);
    assert_eq!((gone.smartbox.phase.as_str(), gone.operation.kind.as_str()), ("deleting", "delete"));
    assert_eq!(gone.smartbox.purge_at.as_deref(), Some("2026-01-02T00:00:00Z"));
    app.settle().await;
    assert_eq!(state_of(&client, &gone.operation).await, "succeeded");

    let again = client.delete("/v1/boxes/home").await.problem();
    assert_eq!((again.status, again.code.as_str()), (409, "conflict"));

    app.clock.advance(SignedDuration::from_hours(23));
    app.settle().await;
    let back = launch(&client, "/v1/boxes/home/start").await;
    assert_eq!((back.smartbox.desired.as_str(), back.smartbox.purge_at.as_ref()), ("running", None));
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.is_default), ("running", true));
    assert_eq!(app.provider.read_volume(id, "note").as_deref(), Some(&b"kept"[..]));
    let told = actions(&client, "home").await;
    assert!(
        told.contains(&"box.delete-requested".to_owned()) && told.contains(&"box.undeleted".to_owned()),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_deleted_box_is_gone_after_its_grace_period() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = app.running_box(&client, "home").await.id;
    let _gone: Launched = client.delete("/v1/boxes/home").await.json(StatusCode::ACCEPTED);
    app.settle().await;
    app.clock.advance(SignedDuration::from_hours(24));
    app.settle().await;

    assert_eq!(client.get(&format!("/v1/boxes/{id}")).await.problem().code, "box-not-found");
    assert!(app.provider.spec(id.parse().unwrap()).is_none(), "nothing is left of it");
    // The name is free again, and the next box is the default one.
    assert!(app.running_box(&client, "home").await.is_default);
}

#[tokio::test]
async fn a_box_past_its_grace_period_cannot_be_brought_back() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    let _gone: Launched = client.delete("/v1/boxes/home").await.json(StatusCode::ACCEPTED);
    app.clock.advance(SignedDuration::from_hours(24));
    let late = client.post("/v1/boxes/home/start").await.problem();
    assert_eq!((late.status, late.code.as_str()), (409, "conflict"));
    assert!(late.remedy.is_some());
}

#[tokio::test]
async fn the_timeline_tells_what_happened_and_who_wanted_it() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    app.running_box(&owner.client, "home").await;
    launch(&app.admin(), "/v1/boxes/home/stop").await;
    app.settle().await;

    let list: EventList = owner.client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    let told: Vec<_> =
        list.items.iter().rev().map(|event| (event.action.as_str(), event.actor.as_str())).collect();
    assert_eq!(told.first(), Some(&("box.created", owner.owner.as_str())));
    assert!(told.contains(&("box.ready", "reconciler")), "{told:?}");
    assert!(told.contains(&("box.stop-requested", "admin")), "{told:?}");
    assert_eq!(told.last(), Some(&("box.stopped", "reconciler")));
    assert!(list.items.iter().all(|event| !event.reason.is_empty()), "{list:?}");
}

#[tokio::test]
async fn a_box_is_found_by_id_by_name_and_as_the_default() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let first = app.created_box(&client, "one").await.smartbox;
    app.created_box(&client, "two").await;
    for reference in [first.id.as_str(), "one", "default"] {
        assert_eq!(app.show(&client, reference).await.id, first.id, "{reference}");
    }
    // A box may be called so; then the name means that box.
    let named: BoxView = app.created_box(&client, "default").await.smartbox;
    assert_eq!(app.show(&client, "default").await.id, named.id);
}
