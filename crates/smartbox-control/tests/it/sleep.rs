//! Boxes that sleep, as the loop treats them. Nothing of the platform's own puts one to sleep here: the tests do.

use smartbox_core::{BoxId, Desired, EventId, OrgId, SleepDepth};
use smartbox_provider::Provider;
use smartbox_provider::fake::{Call, Failure};
use smartbox_store::{EventOutcome, IntentChange, NewEvent};
use smartbox_testkit::{TestApp, id_of};

/// As somebody at the host would: the loop finds it so.
async fn put_to_sleep(app: &TestApp, id: BoxId) {
    let seen = app.provider.observe_all().await.unwrap().into_iter().find(|seen| seen.id == id).unwrap();
    app.provider.ensure_asleep(id, seen.epoch, SleepDepth::Squeezed).await.unwrap();
}

/// Writes that the box should sleep.
async fn want_asleep(app: &TestApp, org: OrgId, id: BoxId) {
    let event = NewEvent {
        id: EventId::from_parts(jiff::Timestamp::UNIX_EPOCH, [7; 10]),
        actor: "test".into(),
        action: "box.sleep-requested".into(),
        reason: "The test asked for it.".into(),
        detail: serde_json::json!({}),
        address: None,
        outcome: EventOutcome::Ok,
    };
    let change = IntentChange { desired: Desired::Asleep, bump_generation: false, purge_at: None };
    let now = jiff::Timestamp::UNIX_EPOCH;
    app.store.org(org).change_intent(id, change, None, None, event, now).await.unwrap();
}

#[tokio::test]
async fn a_box_that_should_run_and_sleeps_is_woken_and_the_timeline_tells_it() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    put_to_sleep(&app, id).await;
    assert!(app.pass().await);
    let waking = app.show(&client, "home").await;
    assert_eq!((waking.phase.as_str(), waking.desired.as_str()), ("waking", "running"));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    assert_eq!(
        (app.provider.calls(Call::EnsureAwake), app.provider.starts(id)),
        (1, 1),
        "woken, not started"
    );
    let told = client.get("/v1/boxes/home/timeline").await.text();
    assert!(told.contains("box.asleep") && told.contains("squeezed") && told.contains("box.awake"), "{told}");
}

#[tokio::test]
async fn a_wake_that_fails_is_tried_again_when_its_time_has_come() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    put_to_sleep(&app, id).await;
    app.provider.fail_next(Call::EnsureAwake, 1, Failure::Transient("it cannot be thawed".into()));
    app.settle().await;
    let failed = app.show(&client, "home").await;
    assert_eq!(
        (failed.phase.as_str(), failed.error.unwrap().detail.as_str()),
        ("failed", "it cannot be thawed")
    );
    app.clock.advance(jiff::SignedDuration::from_mins(10));
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error), ("running", None));
}

#[tokio::test]
async fn a_box_that_should_sleep_falls_asleep_and_is_woken_by_a_request() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    let org = app.first_org().await;
    want_asleep(&app, org, id).await;
    assert_eq!(app.show(&client, "home").await.phase, "falling_asleep");
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.desired.as_str()), ("sleeping", "asleep"));
    assert!(app.doors.is_open(id), "the platform's services wait for it");

    app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    assert_eq!(app.provider.starts(id), 1);
}

#[tokio::test]
async fn a_box_that_cannot_fall_asleep_stays_awake() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.fail_next(Call::EnsureAsleep, 1, Failure::Transient("busy".into()));
    want_asleep(&app, app.first_org().await, id).await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "falling_asleep");
    app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error), ("running", None));
}

#[tokio::test]
async fn a_sleeping_box_can_be_stopped_restarted_and_deleted() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    let org = app.first_org().await;
    for (action, phase) in [("restart", "running"), ("stop", "stopped")] {
        put_to_sleep(&app, id).await;
        client.post(&format!("/v1/boxes/home/{action}")).await;
        app.settle().await;
        assert_eq!(app.show(&client, "home").await.phase, phase, "{action}");
    }
    assert_eq!(app.provider.starts(id), 2, "a restart of a sleeping box is a new incarnation");
    want_asleep(&app, org, id).await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "stopped", "it is not started to be put to sleep");
    client.delete("/v1/boxes/home").await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "deleting");
}
