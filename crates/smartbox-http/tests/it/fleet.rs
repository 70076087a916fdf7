//! The fleet as a whole: labels, the summary, and what gateways say at this moment.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{BoxList, BoxView, FleetSummaryView, LiveStateView};
use smartbox_control::Control;
use smartbox_core::DeathReason;
use smartbox_provider::fake::{Call, Failure};
use smartbox_testkit::{Client, TestApp, id_of};

const SUMMARY: &str = "/v1/fleet/summary";

async fn labelled(client: &Client, name: &str, labels: Value) -> BoxView {
    let body = json!({ "name": name, "labels": labels });
    let made = client.post_json("/v1/boxes", &body).await;
    made.json::<smartbox_api::CreatedBox>(StatusCode::ACCEPTED).smartbox
}

fn names(list: &BoxList) -> BTreeSet<&str> {
    list.items.iter().map(|smartbox| smartbox.name.as_str()).collect()
}

#[tokio::test]
async fn boxes_are_found_by_their_labels() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    labelled(&owner, "one", json!({ "stage": "test", "team.example/name": "red" })).await;
    labelled(&owner, "two", json!({ "stage": "live" })).await;
    labelled(&owner, "three", json!({})).await;
    for (selector, expected) in [
        ("stage%3Dtest", vec!["one"]),
        ("stage", vec!["one", "two"]),
        ("%21stage", vec!["three"]),
        ("stage%21%3Dlive", vec!["one", "three"]),
        ("stage%20in%20(test%2Clive)%2Cteam.example%2Fname", vec!["one"]),
    ] {
        let list: BoxList = owner.get(&format!("/v1/boxes?label={selector}")).await.json(StatusCode::OK);
        assert_eq!(names(&list), BTreeSet::from_iter(expected), "{selector}");
    }
    let changed: BoxView = owner
        .change_json(Method::PATCH, "/v1/boxes/one", &json!({ "labels": { "stage": null, "owner": "ann" } }))
        .await
        .json(StatusCode::OK);
    let labels: Vec<_> = changed.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(labels, [("owner", "ann"), ("team.example/name", "red")]);
    let told: Value = owner.get("/v1/boxes/one/timeline").await.json(StatusCode::OK);
    assert!(told["items"].to_string().contains("box.labels-set"), "{told}");
}

#[tokio::test]
async fn what_is_no_label_and_no_selector_is_refused_with_the_field() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let many: serde_json::Map<String, Value> = (0..33).map(|n| (format!("k{n}"), json!("v"))).collect();
    for labels in [json!({ "a b": "c" }), json!({ "a": "b c" }), json!({ "": "x" }), Value::Object(many)] {
        let problem = owner.post_json("/v1/boxes", &json!({ "name": "x", "labels": labels })).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "labels"), "{problem:?}");
    }
    for selector in ["", "a%20b", "a%20in%20(", "a%3D%3D%3Db"] {
        let problem = owner.get(&format!("/v1/boxes?label={selector}")).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "label"), "{selector}");
    }
    labelled(&owner, "home", json!({})).await;
    let nothing = owner.change_json(Method::PATCH, "/v1/boxes/home", &json!({})).await.problem();
    assert_eq!(nothing.status, 422);
    let stranger = app.tenant("acme").await.client;
    let change = json!({ "labels": { "a": "b" } });
    assert_eq!(stranger.change_json(Method::PATCH, "/v1/boxes/home", &change).await.status, 404);
}

#[tokio::test]
async fn the_summary_counts_every_box_and_shows_a_page() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    for name in ["one", "two", "three"] {
        app.running_box(&owner, name).await;
    }
    owner.post("/v1/boxes/two/stop").await;
    app.settle().await;
    let acme = app.tenant("acme").await.client;
    app.running_box(&acme, "theirs").await;
    let first: FleetSummaryView = owner.get(&format!("{SUMMARY}?limit=2")).await.json(StatusCode::OK);
    assert_eq!((first.total, first.phases["running"], first.phases["stopped"]), (3, 2, 1));
    assert_eq!(first.phases.values().sum::<u64>(), first.total);
    assert_eq!(first.items.len(), 2);
    let cursor = first.next_cursor.unwrap();
    let rest: FleetSummaryView =
        owner.get(&format!("{SUMMARY}?limit=2&cursor={cursor}")).await.json(StatusCode::OK);
    assert_eq!((rest.total, rest.items.len(), rest.next_cursor), (3, 1, None));
    assert!(rest.items.iter().all(|one| one.gateway.is_none()), "nobody was asked");

    let all: FleetSummaryView = app.admin().get(SUMMARY).await.json(StatusCode::OK);
    assert_eq!(all.total, 4);
    let one_org: FleetSummaryView =
        app.admin().get(&format!("{SUMMARY}?org=acme")).await.json(StatusCode::OK);
    assert_eq!((one_org.total, one_org.items[0].name.as_str()), (1, "theirs"));
    let theirs: FleetSummaryView = acme.get(SUMMARY).await.json(StatusCode::OK);
    assert_eq!(theirs.total, 1, "another org's boxes are not counted either");
    assert_eq!(acme.get(&format!("{SUMMARY}?org=home")).await.problem().status, 422);
}

#[tokio::test]
async fn a_look_at_a_box_asks_its_gateway_once_a_second_and_wakes_nothing() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&owner, "home").await);
    let look = async |client: &Client| -> LiveStateView {
        client.get("/v1/boxes/home/state").await.json(StatusCode::OK)
    };
    let before = app.provider.calls(Call::Dial);
    let seen = look(&owner).await.gateway.unwrap();
    assert_eq!((seen.answers, seen.is_ready), (true, true));
    assert_eq!(look(&owner).await.gateway.unwrap(), seen, "what was found counts for a second");
    assert_eq!(app.provider.calls(Call::Dial) - before, 1);

    // The gateway dies, and nothing has looked at the box since.
    app.clock.advance(jiff::SignedDuration::from_secs(2));
    app.provider.fail_next(Call::Dial, 1, Failure::Transient("as the test says".to_owned()));
    let dead = look(&owner).await;
    assert_eq!((dead.phase.as_str(), dead.gateway.unwrap().answers), ("running", false));

    owner.post("/v1/boxes/home/stop").await;
    app.settle().await;
    let stopped = look(&owner).await;
    assert_eq!((stopped.phase.as_str(), stopped.gateway), ("stopped", None));
    assert_eq!(app.provider.starts(id), 1, "a look starts nothing");
    assert_eq!(app.tenant("acme").await.client.get(&format!("/v1/boxes/{id}/state")).await.status, 404);
}

#[tokio::test]
async fn looks_that_come_together_are_one() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "home").await;
    let before = app.provider.calls(Call::Dial);
    let control: &Control = &app.control;
    let op = app.admin_op();
    let looks = (0..20).map(|_| control.live_state(&op, "home"));
    let found = futures_util::future::join_all(looks).await;
    assert!(found.into_iter().all(|state| state.unwrap().gateway.unwrap().is_ready));
    assert_eq!(app.provider.calls(Call::Dial) - before, 1);
}

#[tokio::test]
async fn a_live_summary_asks_the_gateways_of_its_page() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let first = id_of(&app.running_box(&owner, "one").await);
    app.running_box(&owner, "two").await;
    app.provider.die(first, DeathReason::Crashed { code: 1 });
    let live: FleetSummaryView = owner.get(&format!("{SUMMARY}?live=true")).await.json(StatusCode::OK);
    let ready: BTreeMap<_, _> =
        live.items.iter().map(|one| (one.name.as_str(), one.gateway.as_ref().unwrap().is_ready)).collect();
    assert_eq!(ready, BTreeMap::from([("one", false), ("two", true)]));
}
