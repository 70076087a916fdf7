//! The reconcile loop, pass by pass.

use std::time::Duration;

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use smartbox_control::Reconciler;
use smartbox_core::{BoxId, DeathReason, Phase};
use smartbox_provider::fake::{Call, Failure, FakeProvider};
use smartbox_provider::{Link, Provider};
use smartbox_testkit::{TestApp, id_of};

/// Time of a step of the provider in tests that look at it in the middle of its work.
const DELAY: Duration = Duration::from_millis(40);

fn by_hand(app: &TestApp) -> Reconciler {
    Reconciler::new(app.control.clone(), 1)
}

/// Gives what was begun a moment, short of its end.
async fn half_a_step() {
    tokio::time::sleep(DELAY + DELAY / 2).await;
}

#[tokio::test]
async fn a_failure_that_comes_after_the_success_does_not_stick() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let mut reconciler = by_hand(&app);
    app.provider.set_delay(DELAY);
    app.provider.lose_next_answers(Call::EnsureRunning, 1);
    reconciler.pass().await.unwrap();
    // The box is up, and the call that brought it up is not back yet.
    let mut seen = app.show(&client, "home").await;
    while seen.phase != "running" {
        reconciler.pass().await.unwrap();
        seen = app.show(&client, "home").await;
    }
    reconciler.settle().await;
    app.provider.set_delay(Duration::ZERO);
    reconciler.pass().await.unwrap();
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error, view.retry_at), ("running", None, None));
    assert_eq!(app.provider.starts(id_of(&seen)), 1);
}

#[tokio::test]
async fn a_failure_to_stop_that_comes_after_the_success_does_not_stick() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    app.provider.lose_next_answers(Call::EnsureStopped, 1);
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error, view.retry_at), ("stopped", None, None));
}

#[tokio::test]
async fn no_more_boxes_are_changed_at_a_time_than_allowed() {
    let app = TestApp::builder().limits(|limits| limits.reconcile_width = 2).start().await;
    let client = app.first_tenant().await.client;
    for name in ["a", "b", "c", "d", "e"] {
        app.created_box(&client, name).await;
    }
    app.provider.set_delay(DELAY);
    let mut reconciler = by_hand(&app);
    for started in [2, 4, 5] {
        reconciler.pass().await.unwrap();
        half_a_step().await;
        assert_eq!(app.provider.calls(Call::EnsureRunning), started);
        reconciler.settle().await;
    }
    reconciler.pass().await.unwrap();
    assert!(app.provider.observe_all().await.unwrap().len() == 5);
}

#[tokio::test]
async fn a_box_that_is_being_changed_is_not_changed_a_second_time() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.created_box(&client, "home").await.smartbox);
    app.provider.set_delay(DELAY);
    app.provider.set_ready_after(None);
    let mut reconciler = by_hand(&app);
    reconciler.pass().await.unwrap();
    client.post("/v1/boxes/home/stop").await;
    for _ in 0..3 {
        reconciler.pass().await.unwrap();
    }
    assert_eq!(app.provider.calls(Call::EnsureStopped), 0, "the start is not over");
    reconciler.settle().await;
    app.provider.set_delay(Duration::ZERO);
    reconciler.pass().await.unwrap();
    reconciler.settle().await;
    reconciler.pass().await.unwrap();
    assert_eq!(app.show(&client, "home").await.phase, "stopped");
    assert_eq!(app.provider.starts(id), 1);
}

#[tokio::test]
async fn a_pass_that_fails_is_repaired_by_the_next() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    app.provider.fail_next(Call::ObserveAll, 3, Failure::Transient("as the test says".to_owned()));
    let mut reconciler = by_hand(&app);
    for _ in 0..3 {
        assert!(reconciler.pass().await.is_err());
    }
    assert_eq!(app.provider.calls(Call::EnsureRunning), 0, "nothing is done blindly");
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
}

#[tokio::test]
async fn a_box_that_nobody_knows_is_left_alone_and_told_once() {
    let app = TestApp::start().await;
    app.expect_log("does not know");
    let known = id_of(&app.running_box(&app.admin(), "home").await);
    let spec = app.provider.spec(known).unwrap();
    let stray = BoxId::from_parts(jiff::Timestamp::UNIX_EPOCH, [7; 10]);
    app.provider.ensure_running(stray, 1, &spec).await.unwrap();
    app.settle().await;
    app.settle().await;
    assert_eq!(app.logged().len(), 1, "{:?}", app.logged());
    assert!(
        app.provider.observe_all().await.unwrap().iter().any(|seen| seen.id == stray),
        "it holds somebody's data"
    );
}

#[tokio::test]
async fn the_services_of_a_box_follow_its_life() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    assert!(app.doors.is_open(id));
    app.provider.die(id, DeathReason::Config);
    app.settle().await;
    assert!(!app.doors.is_open(id));
    client.post("/v1/boxes/home/start").await;
    app.settle().await;
    assert!(app.doors.is_open(id));
}

#[tokio::test]
async fn a_permanent_failure_is_told_at_once_and_tried_again_later() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    app.provider.fail_next(Call::EnsureRunning, 1, Failure::Permanent("no space is left".to_owned()));
    app.created_box(&client, "home").await;
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error.unwrap().detail.as_str()), ("failed", "no space is left"));
    app.clock.advance(SignedDuration::from_mins(10));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running", "somebody may have made space");
}

#[tokio::test]
async fn an_owner_who_starts_a_failed_box_does_not_wait_for_the_next_attempt() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    app.provider.fail_next(Call::EnsureRunning, 1, Failure::Transient("busy".to_owned()));
    app.created_box(&client, "home").await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "failed");
    client.post("/v1/boxes/home/start").await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
}

#[tokio::test]
async fn the_picture_for_the_data_plane_is_published_when_it_changes() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let mut pictures = app.control.fleet();
    app.settle().await;
    pictures.mark_unchanged();

    let id = id_of(&app.running_box(&tenant.client, "home").await);
    assert!(pictures.has_changed().unwrap());
    let picture = pictures.borrow_and_update().clone();
    assert_eq!(picture.first_org.map(|org| org.to_string()), Some(tenant.org));
    let state = &picture.boxes[0];
    assert_eq!((state.id, state.phase, state.is_default), (id, Phase::Running, true));
    assert!(state.generation.is_some() && !state.gateway_token.expose_secret().is_empty());

    app.settle().await;
    assert!(!pictures.has_changed().unwrap(), "nothing has changed");
    app.provider.make_unready(id);
    app.settle().await;
    assert_eq!(pictures.borrow_and_update().boxes[0].phase, Phase::Degraded);
}

#[tokio::test]
async fn the_files_of_a_box_hold_its_own_keys_and_the_gateway_knows_the_platform() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let (one, two) =
        (id_of(&app.running_box(&client, "one").await), id_of(&app.running_box(&client, "two").await));
    let (one, two) = (app.provider.spec(one).unwrap(), app.provider.spec(two).unwrap());
    assert_ne!(one.uid_range, two.uid_range);
    for (ours, theirs) in one.files.iter().zip(&two.files) {
        assert_eq!(ours.path, theirs.path);
        assert!(ours.content != theirs.content, "{} is the same in both", ours.path);
    }
}

#[tokio::test]
async fn a_restart_uses_new_connections() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    let before = FakeProvider::dial(&app.provider, id, smartbox_testkit::gateway::GATEWAY_PORT).await;
    assert!(before.is_ok());
    client.post("/v1/boxes/home/restart").await;
    app.settle().await;
    let body = serde_json::json!({ "text": "hi" });
    let events = client.post_events("/v1/boxes/home/messages", &body).await.rest().await;
    assert_eq!(events.last().map(|event| event.name.as_str()), Some("final"));
}

#[tokio::test]
async fn work_that_is_dropped_in_the_middle_is_done_after_the_next_start() {
    let mut app = TestApp::start().await;
    let id = id_of(&app.created_box(&app.admin(), "home").await.smartbox);
    // Each start of the platform has a higher epoch.
    for (epoch, wish, phase) in [(1, "start", "running"), (2, "restart", "running"), (3, "stop", "stopped")] {
        app.admin().post(&format!("/v1/boxes/home/{wish}")).await;
        app.provider.set_delay(DELAY);
        let mut reconciler = Reconciler::new(app.control.clone(), epoch);
        reconciler.pass().await.unwrap();
        half_a_step().await;
        drop(reconciler);
        app.provider.set_delay(Duration::ZERO);
        app.restart().await;
        app.settle().await;
        let view = app.show(&app.admin(), "home").await;
        assert_eq!((view.phase.as_str(), view.error), (phase, None), "{wish}");
    }
    assert!(app.provider.starts(id) <= 4, "{}", app.provider.starts(id));
}
