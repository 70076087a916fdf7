//! Boxes that sleep, as the loop treats them.

use smartbox_core::{BoxId, SleepDepth, SleepTier};
use smartbox_provider::Provider;
use smartbox_provider::fake::{Call, Failure};
use smartbox_testkit::{TestApp, id_of};

/// As somebody at the host would: the loop finds it so.
async fn put_to_sleep(app: &TestApp, id: BoxId) {
    let seen = app.provider.observe_all().await.unwrap().into_iter().find(|seen| seen.id == id).unwrap();
    app.provider.ensure_asleep(id, seen.epoch, SleepDepth::Squeezed).await.unwrap();
}

#[tokio::test]
async fn a_box_that_should_run_and_sleeps_is_woken_and_the_timeline_tells_it() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    put_to_sleep(&app, id).await;
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
    app.control.sleep_box(&app.admin_op(), &id.to_string(), SleepTier::Frozen, None).await.unwrap();
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
    app.expect_log("a box could not be put to sleep");
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.fail_next(Call::EnsureAsleep, 1, Failure::Transient("it cannot be frozen".into()));
    let asked =
        app.control.sleep_box(&app.admin_op(), &id.to_string(), SleepTier::Frozen, None).await.unwrap();
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.desired.as_str(), view.error), ("running", "running", None));
    assert!(!app.gateway.is_at_rest(id), "its gateway was told to go on");
    let operation = app.control.find_operation(&app.admin_op(), asked.operation.id).await.unwrap();
    assert!(format!("{:?}", operation.outcome).contains("it cannot be frozen"), "{operation:?}");
}

#[tokio::test]
async fn a_sleeping_box_can_be_stopped_restarted_and_deleted() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    for (action, phase) in [("restart", "running"), ("stop", "stopped")] {
        put_to_sleep(&app, id).await;
        client.post(&format!("/v1/boxes/home/{action}")).await;
        app.settle().await;
        assert_eq!(app.show(&client, "home").await.phase, phase, "{action}");
    }
    assert_eq!(app.provider.starts(id), 2, "a restart of a sleeping box is a new incarnation");
    client.delete("/v1/boxes/home").await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "deleting");
}
