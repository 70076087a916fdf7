//! One thing that is done with many boxes.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use smartbox_api::{BulkRunList, BulkRunView, ConfigView};
use smartbox_core::BoxId;
use smartbox_testkit::{Client, TestApp, id_of};

const RUNS: &str = "/v1/bulk-runs";

async fn boxes(app: &TestApp, client: &Client, count: usize) -> Vec<BoxId> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(id_of(&app.running_box(client, &format!("box-{number}")).await));
    }
    ids
}

async fn begin(client: &Client, body: &Value) -> BulkRunView {
    client.post_json(RUNS, body).await.json(StatusCode::ACCEPTED)
}

async fn show(client: &Client, run: &BulkRunView) -> BulkRunView {
    client.get(&format!("{RUNS}/{}", run.id.as_deref().unwrap())).await.json(StatusCode::OK)
}

fn counts(run: &BulkRunView) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for one in &run.boxes {
        *counts.entry(one.state.as_str()).or_insert(0) += 1;
    }
    counts
}

/// Statement 8: bulk restart touches every box once, spaced.
#[tokio::test]
async fn seed_statement_08_a_bulk_restart_touches_every_box_once_and_spaced_over_a_restart_of_the_platform() {
    let mut app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let ids = boxes(&app, &owner, 4).await;
    let run = begin(&app.admin(), &json!({ "action": "restart", "delay_ms": 5000 })).await;
    for _step in 0..12 {
        app.settle().await;
        app.clock.advance(SignedDuration::from_secs(2));
        // Whatever it was in the middle of, it goes on there.
        app.restart().await;
    }
    let run = show(&app.admin(), &run).await;
    assert_eq!((run.state.as_str(), counts(&run)), ("done", BTreeMap::from([("done", 4)])));
    let mut begun: Vec<jiff::Timestamp> =
        run.boxes.iter().map(|one| one.begun_at.as_deref().unwrap().parse().unwrap()).collect();
    begun.sort();
    for pair in begun.windows(2) {
        assert!(pair[1].duration_since(pair[0]) >= SignedDuration::from_secs(5), "{begun:?}");
    }
    for id in ids {
        assert_eq!(app.provider.starts(id), 2, "once for its creation, once for the run");
    }
}

#[tokio::test]
async fn what_does_not_run_is_left_alone_and_says_so() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let ids = boxes(&app, &owner, 2).await;
    owner.post("/v1/boxes/box-0/stop").await;
    app.settle().await;
    let run = begin(&owner, &json!({ "action": "restart", "delay_ms": 0 })).await;
    for _ in 0..3 {
        app.settle().await;
    }
    let run = show(&owner, &run).await;
    assert_eq!(counts(&run), BTreeMap::from([("done", 1), ("skipped", 1)]));
    let skipped = run.boxes.iter().find(|one| one.state == "skipped").unwrap();
    assert!(skipped.detail.as_deref().unwrap().contains("does not run"), "{skipped:?}");
    assert_eq!(app.provider.starts(ids[0]), 1);
}

#[tokio::test]
async fn a_bad_configuration_is_that_boxs_error_and_ends_the_run_when_it_is_one_too_many() {
    let app = TestApp::start().await;
    app.expect_log("a bulk run was stopped");
    let owner = app.first_tenant().await.client;
    boxes(&app, &owner, 3).await;
    let wrong = json!({
        "action": "patch-config", "delay_ms": 0, "stop_after": 2,
        "patch": { "gateway": { "auth": { "mode": "none" } } },
    });
    let run = begin(&owner, &wrong).await;
    for _ in 0..3 {
        app.settle().await;
    }
    let run = show(&owner, &run).await;
    assert_eq!(
        (run.state.as_str(), counts(&run)),
        ("stopped", BTreeMap::from([("failed", 2), ("waiting", 1)]))
    );
    assert!(run.boxes[0].detail.as_deref().unwrap().contains("`gateway.auth` belongs to the platform"));
    let kept: ConfigView = owner.get("/v1/boxes/box-0/config").await.json(StatusCode::OK);
    assert_eq!((kept.version, kept.config.len()), (0, 0), "nothing was changed");
}

#[tokio::test]
async fn a_patch_goes_to_the_boxes_with_a_label_the_first_of_which_has_to_be_well() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    boxes(&app, &owner, 4).await;
    for name in ["box-1", "box-2", "box-3"] {
        let labels = json!({ "labels": { "stage": "test" } });
        owner.change_json(Method::PATCH, &format!("/v1/boxes/{name}"), &labels).await;
    }
    let body = json!({
        "action": "patch-config", "label": "stage=test", "canary": 1, "delay_ms": 0,
        "patch": { "messages": { "ackReaction": "eyes" } },
    });
    let dry: BulkRunView = {
        let mut body = body.clone();
        body["dry_run"] = json!(true);
        owner.post_json(RUNS, &body).await.json(StatusCode::OK)
    };
    assert_eq!((dry.state.as_str(), counts(&dry)), ("dry-run", BTreeMap::from([("waiting", 3)])));
    assert_eq!(owner.get(RUNS).await.json::<BulkRunList>(StatusCode::OK).items, [], "nothing was put down");

    let run = begin(&owner, &body).await;
    app.settle().await;
    assert_eq!(counts(&show(&owner, &run).await), BTreeMap::from([("going", 1), ("waiting", 2)]));
    for _ in 0..4 {
        app.clock.advance(SignedDuration::from_secs(11));
        app.settle().await;
    }
    let run = show(&owner, &run).await;
    assert_eq!((run.state.as_str(), counts(&run)), ("done", BTreeMap::from([("done", 3)])), "{run:?}");
    for (name, version) in [("box-0", 0), ("box-1", 1), ("box-3", 1)] {
        let kept: ConfigView = owner.get(&format!("/v1/boxes/{name}/config")).await.json(StatusCode::OK);
        assert_eq!(kept.version, version, "{name}");
    }
    let again: BulkRunView = {
        let mut body = body.clone();
        body["dry_run"] = json!(true);
        owner.post_json(RUNS, &body).await.json(StatusCode::OK)
    };
    assert_eq!(counts(&again), BTreeMap::from([("skipped", 3)]), "they have it already");
}

#[tokio::test]
async fn a_cancelled_run_begins_no_further_box() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let ids = boxes(&app, &owner, 3).await;
    let run = begin(&owner, &json!({ "action": "restart", "delay_ms": 60_000 })).await;
    app.settle().await;
    let path = format!("{RUNS}/{}", run.id.as_deref().unwrap());
    let cancelled: BulkRunView = owner.delete(&path).await.json(StatusCode::OK);
    assert_eq!(cancelled.state, "cancelled");
    app.clock.advance(SignedDuration::from_mins(5));
    app.settle().await;
    let mut starts: Vec<u64> = ids.iter().map(|id| app.provider.starts(*id)).collect();
    // Which box is the first is a matter of their ids.
    starts.sort_unstable();
    assert_eq!(starts, [1, 1, 2]);
    assert_eq!(owner.delete(&path).await.problem().code, "conflict");
}

#[tokio::test]
async fn runs_and_boxes_of_another_org_do_not_exist_and_wrong_wishes_are_told() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let owner = &tenant.client;
    boxes(&app, owner, 1).await;
    let run = begin(owner, &json!({ "action": "restart" })).await;
    let path = format!("{RUNS}/{}", run.id.as_deref().unwrap());
    let acme = app.tenant("acme").await.client;
    assert_eq!(acme.get(&path).await.problem().code, "bulk-run-not-found");
    assert_eq!(acme.delete(&path).await.problem().code, "bulk-run-not-found");
    assert_eq!(acme.get(RUNS).await.json::<BulkRunList>(StatusCode::OK).items, []);
    let theirs = json!({ "action": "restart", "boxes": [run.boxes[0].id] });
    assert_eq!(acme.post_json(RUNS, &theirs).await.problem().code, "box-not-found");
    assert_eq!(acme.post_json(RUNS, &json!({ "action": "restart" })).await.problem().code, "conflict");
    let (_token, reader) = app.program(&tenant.org, &["boxes:read"]).await;
    assert_eq!(reader.post_json(RUNS, &json!({ "action": "restart" })).await.problem().status, 403);
    for (body, field) in [
        (json!({ "action": "restart", "patch": {} }), "patch"),
        (json!({ "action": "patch-config" }), "patch"),
        (json!({ "action": "restart", "stop_after": 0 }), "stop_after"),
        (json!({ "action": "restart", "delay_ms": 4_000_000 }), "delay_ms"),
        (json!({ "action": "restart", "label": "a b" }), "label"),
        (json!({ "action": "restart", "org": "acme" }), "org"),
    ] {
        let problem = owner.post_json(RUNS, &body).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{body}");
    }
}
