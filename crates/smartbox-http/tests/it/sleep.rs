//! Sleep through the API: verbs, policies, and what a sleeping box tells of itself.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use smartbox_api::{BoxView, EventList, Launched, OperationView, OrgView, SleepPolicyView, TierList};
use smartbox_core::Thresholds;
use smartbox_testkit::gateway::Rest;
use smartbox_testkit::{Client, TestApp, id_of};

async fn verb(app: &TestApp, client: &Client, verb: &str, body: Option<Value>) -> OperationView {
    let path = format!("/v1/boxes/home/{verb}");
    let answer = match body {
        Some(body) => client.post_json(&path, &body).await,
        None => client.post(&path).await,
    };
    let launched: Launched = answer.json(StatusCode::ACCEPTED);
    app.settle().await;
    client.get(&format!("/v1/operations/{}", launched.operation.id)).await.json(StatusCode::OK)
}

async fn policy(client: &Client, path: &str, policy: Value) -> Value {
    client.change_json(Method::PATCH, path, &json!({ "sleep": policy })).await.json(StatusCode::OK)
}

#[tokio::test]
async fn a_box_is_put_to_sleep_and_woken_and_tells_of_both() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;

    let slept = verb(&app, &client, "sleep", None).await;
    assert_eq!((slept.kind.as_str(), slept.state.as_str()), ("sleep", "succeeded"));
    let view = app.show(&client, "home").await;
    let sleep = view.sleep.expect("it sleeps");
    assert_eq!((view.phase.as_str(), sleep.tier.as_str()), ("sleeping", "frozen"));
    assert!(sleep.since.is_some() && sleep.idle_since.is_some() && sleep.due_at.is_none());

    let deeper = verb(&app, &client, "sleep", Some(json!({ "tier": "squeezed" }))).await;
    assert_eq!(deeper.state, "succeeded");
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.sleep.unwrap().tier, "squeezed");
    verb(&app, &client, "sleep", Some(json!({ "tier": "frozen" }))).await;
    assert_eq!(app.show(&client, "home").await.sleep.unwrap().tier, "squeezed", "it is not woken for less");

    app.clock.advance(SignedDuration::from_mins(5));
    let woken = verb(&app, &client, "wake", None).await;
    assert_eq!((woken.kind.as_str(), woken.state.as_str()), ("wake", "succeeded"));
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.sleep), ("running", None));

    let told: EventList = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    let awake = told.items.iter().find(|event| event.action == "box.awake").expect("it tells of the wake");
    let by = awake.detail["by"].as_str().unwrap();
    assert!(by.starts_with("usr_"), "{by}");
    assert_eq!((&awake.detail["took_ms"], &awake.detail["slept_ms"]), (&json!(0), &json!(300_000)));
}

#[tokio::test]
async fn a_box_down_to_its_disk_is_started_by_a_wake() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    assert_eq!(verb(&app, &client, "sleep", Some(json!({ "tier": "stopped" }))).await.state, "succeeded");
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.sleep.unwrap().tier.as_str()), ("sleeping", "stopped"));
    assert_eq!(verb(&app, &client, "wake", None).await.state, "succeeded");
    assert_eq!(app.provider.starts(id), 2);
    assert_eq!(verb(&app, &client, "wake", None).await.state, "succeeded", "one that runs is left alone");
    assert_eq!(app.provider.starts(id), 2);
}

#[tokio::test]
async fn a_sleep_that_cannot_be_is_refused_with_what_to_do() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    let wrong = client.post_json("/v1/boxes/home/sleep", &json!({ "tier": "deep" })).await.problem();
    assert_eq!((wrong.status, wrong.errors[0].field.as_str()), (422, "tier"));
    // It is asked until patience ends.
    for _ in 0..200 {
        app.gateway.rest_next(Rest::Busy);
    }
    let busy = verb(&app, &client, "sleep", None).await;
    let error = busy.error.expect("it says why");
    assert_eq!((busy.state.as_str(), error.code.as_str()), ("failed", "box-busy"));
    assert!(error.detail.contains("a turn runs"), "{error:?}");
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    let stopped = client.post("/v1/boxes/home/sleep").await.problem();
    assert_eq!((stopped.status, stopped.code.as_str()), (409, "conflict"));
}

#[tokio::test]
async fn the_narrowest_policy_wins_and_a_box_says_whose_it_is() {
    let app = TestApp::builder().sleep(Thresholds::default()).start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    let told = |view: &BoxView| {
        let after = view.sleep_after.clone().unwrap();
        [after.frozen, after.squeezed, after.stopped].map(|one| format!("{} {}", one.after, one.from))
    };
    let view = app.show(&client, "home").await;
    assert_eq!(told(&view), ["10m platform", "30m platform", "never platform"]);

    policy(&app.admin(), "/v1/tiers/standard-1", json!({ "frozen_after": "1h", "squeezed_after": "2h" }))
        .await;
    policy(&client, "/v1/orgs/me", json!({ "squeezed_after": "3h", "stopped_after": "2d" })).await;
    let changed = policy(&client, "/v1/boxes/home", json!({ "stopped_after": "never" })).await;
    let changed: BoxView = serde_json::from_value(changed).unwrap();
    assert_eq!(told(&changed), ["1h tier", "3h org", "never box"]);
    assert_eq!(changed.sleep_policy.clone().unwrap().stopped_after.as_deref(), Some("never"));

    policy(&client, "/v1/boxes/home", json!({ "stopped_after": null, "frozen_after": "15m" })).await;
    let view = app.show(&client, "home").await;
    assert_eq!(told(&view), ["15m box", "3h org", "2d org"]);
    let org: OrgView = client.get("/v1/orgs/me").await.json(StatusCode::OK);
    let expected = SleepPolicyView {
        frozen_after: None,
        squeezed_after: Some("3h".into()),
        stopped_after: Some("2d".into()),
    };
    assert_eq!(org.sleep_policy, Some(expected));
    let tiers: TierList = client.get("/v1/tiers").await.json(StatusCode::OK);
    let tier = tiers.items.iter().find(|tier| tier.name == "standard-1").unwrap();
    assert_eq!(tier.sleep_policy.clone().unwrap().frozen_after.as_deref(), Some("1h"));

    app.clock.advance(SignedDuration::from_mins(15));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "sleeping", "the policy is followed");
    let audit = client.get("/v1/audit").await.text();
    assert!(audit.contains("box.sleep-set") && audit.contains("org.sleep-set"), "{audit}");
}

#[tokio::test]
async fn never_is_kept_and_can_be_taken_back() {
    let app = TestApp::builder().sleep(Thresholds::default()).start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    policy(&client, "/v1/boxes/home", json!({ "frozen_after": "never" })).await;
    app.settle().await;
    app.clock.advance(SignedDuration::from_hours(48));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    policy(&client, "/v1/boxes/home", json!({ "frozen_after": null })).await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");
}

#[tokio::test]
async fn a_policy_that_is_none_changes_nothing() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    for (policy, field) in [
        (json!({ "frozen_after": "soon", "stopped_after": "1s" }), "sleep.frozen_after"),
        (json!({ "frozen": "10m" }), "sleep.frozen"),
        (json!({}), "sleep"),
    ] {
        for path in ["/v1/boxes/home", "/v1/orgs/me"] {
            let problem =
                client.change_json(Method::PATCH, path, &json!({ "sleep": policy })).await.problem();
            assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{path} {policy}");
        }
    }
    let view = app.show(&client, "home").await;
    assert_eq!(view.sleep_policy, None);
    let nothing = client.change_json(Method::PATCH, "/v1/orgs/me", &json!({})).await.problem();
    assert_eq!(nothing.status, 422);
    let change = json!({ "sleep": { "frozen_after": "1h" } });
    let unknown = app.admin().change_json(Method::PATCH, "/v1/tiers/none", &change).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_policy_is_changed_as_it_was_read_or_not_at_all() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let view = app.running_box(&client, "home").await;
    let tag = http::HeaderName::from_static("if-match");
    let bound = client.clone().with(tag, &format!("\"{}\"", view.version));
    let first = json!({ "sleep": { "frozen_after": "1h" } });
    let answer = bound.change_json(Method::PATCH, "/v1/boxes/home", &first).await;
    let changed: BoxView = answer.json(StatusCode::OK);
    assert_eq!(changed.version, view.version + 1);
    let late = bound.change_json(Method::PATCH, "/v1/boxes/home", &first).await.problem();
    assert_eq!((late.status, late.code.as_str()), (412, "version-mismatch"));
}

#[tokio::test]
async fn pairing_and_sleep_of_an_org_change_together_or_not_at_all() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let (_, admin) = app.member(&tenant.org, "member", "admin").await;
    let both = json!({ "pairing": "manual", "sleep": { "frozen_after": "1h" } });
    let refused = admin.change_json(Method::PATCH, "/v1/orgs/me", &both).await.problem();
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (403, "missing-permission"),
        "pairing is the owners'"
    );
    let org: OrgView = admin.get("/v1/orgs/me").await.json(StatusCode::OK);
    assert_eq!((org.pairing.as_str(), org.sleep_policy), ("auto", Some(SleepPolicyView::default())));
    policy(&admin, "/v1/orgs/me", json!({ "frozen_after": "1h" })).await;
    let changed = tenant.client.change_json(Method::PATCH, "/v1/orgs/me", &both).await;
    let changed: OrgView = changed.json(StatusCode::OK);
    assert_eq!(changed.pairing, "manual");
}
