//! Boxes that keep failing are left alone, tried again, and told about.

use jiff::SignedDuration;
use smartbox_core::{BoxId, DeathReason};
use smartbox_provider::fake::{Call, Failure};
use smartbox_testkit::{Client, TestApp, id_of};

const CRASH: DeathReason = DeathReason::Crashed { code: 1 };

/// A box whose next starts fail until its breaker opens.
async fn box_with_open_breaker(app: &TestApp, client: &Client) -> BoxId {
    let id = id_of(&app.running_box(client, "home").await);
    app.provider.set_ready_after(None);
    for _ in 0..5 {
        app.provider.die(id, CRASH);
        app.settle().await;
        app.clock.advance(SignedDuration::from_secs(60));
        app.settle().await;
    }
    let view = app.show(client, "home").await;
    assert!(view.breaker.is_some(), "{view:#?}");
    id
}

async fn timeline(client: &Client) -> String {
    client.get("/v1/boxes/home/timeline?limit=100").await.text()
}

async fn minutes_pass(app: &TestApp, minutes: i64) {
    app.clock.advance(SignedDuration::from_mins(minutes));
    app.settle().await;
}

#[tokio::test]
async fn the_fifth_failure_opens_the_breaker_and_nothing_is_started_any_more() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = box_with_open_breaker(&app, &client).await;
    assert_eq!(app.provider.starts(id), 5);
    let view = app.show(&client, "home").await;
    let (breaker, error) = (view.breaker.unwrap(), view.error.unwrap());
    assert_eq!(
        (view.phase.as_str(), error.code.as_str(), breaker.is_trying),
        ("failed", "breaker-open", false)
    );
    assert!(
        breaker.reason.contains("exit code 1") && error.detail.contains("exit code 1"),
        "{breaker:?} {error:?}"
    );
    assert!(error.remedy.unwrap().contains("start the box"));
    assert_eq!(view.retry_at, Some(breaker.next_trial_at));
    minutes_pass(&app, 13).await;
    assert_eq!(app.provider.starts(id), 5, "not before the cool-down is over");
    let told = timeline(&client).await;
    assert!(
        told.contains("box.breaker-opened") && told.contains("5 starts failed within 10 minutes"),
        "{told}"
    );
}

#[tokio::test]
async fn one_trial_is_made_after_the_cool_down_and_five_good_minutes_close_the_breaker() {
    let mut app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = box_with_open_breaker(&app, &client).await;
    app.restart().await;
    assert!(app.show(&client, "home").await.breaker.is_some(), "a restart of the platform forgets nothing");
    minutes_pass(&app, 15).await;
    assert_eq!(app.provider.starts(id), 6);
    app.provider.die(id, CRASH);
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!(view.phase, "failed");
    minutes_pass(&app, 29).await;
    assert_eq!(app.provider.starts(id), 6, "the second cool-down is twice as long");
    minutes_pass(&app, 1).await;
    assert_eq!(app.provider.starts(id), 7);
    app.provider.make_ready(id);
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error), ("running", None));
    assert!(view.breaker.unwrap().is_trying, "it answers, and has to prove itself");
    minutes_pass(&app, 5).await;
    assert_eq!(app.show(&client, "home").await.breaker, None);
    let told = timeline(&client).await;
    for line in ["box.breaker-trial", "the trial has failed", "box.breaker-closed", "answered for 5 minutes"]
    {
        assert!(told.contains(line), "{line}: {told}");
    }
}

#[tokio::test]
async fn a_person_who_starts_the_box_closes_the_breaker() {
    for action in ["start", "restart"] {
        let app = TestApp::start().await;
        let client = app.first_tenant().await.client;
        let id = box_with_open_breaker(&app, &client).await;
        app.provider.set_ready_after(Some(std::time::Duration::ZERO));
        client.post(&format!("/v1/boxes/home/{action}")).await;
        app.settle().await;
        let view = app.show(&client, "home").await;
        assert_eq!((view.phase.as_str(), view.breaker, view.error), ("running", None, None), "{action}");
        assert_eq!(app.provider.starts(id), 6);
    }
}

#[tokio::test]
async fn a_request_does_not_wake_a_box_that_is_left_alone() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = box_with_open_breaker(&app, &client).await;
    let refused = app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap_err();
    assert!(refused.to_string().contains("kept failing"), "{refused}");
    // A stop is no fresh try: who wakes it afterwards finds it as it was left.
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error.unwrap().code.as_str()), ("failed", "breaker-open"));
    assert_eq!(app.provider.starts(id), 5);
}

#[tokio::test]
async fn starts_that_the_provider_refuses_count_as_well() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    app.provider.fail_next(Call::EnsureRunning, 50, Failure::Transient("no memory for it".into()));
    app.created_box(&client, "home").await;
    for _ in 0..8 {
        app.settle().await;
        app.clock.advance(SignedDuration::from_secs(50));
    }
    let view = app.show(&client, "home").await;
    assert!(view.breaker.unwrap().reason.contains("no memory for it"));
    assert_eq!(app.provider.calls(Call::EnsureRunning), 5);
}

#[tokio::test]
async fn a_gateway_that_hangs_is_told_as_such_and_counts() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.hang_gateway(id);
    app.settle().await;
    assert!(timeline(&client).await.contains("did not answer three probes in a row"));
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.restarts, view.breaker), ("running", 1, None));
    for _ in 0..4 {
        app.provider.hang_gateway(id);
        app.settle().await;
    }
    let view = app.show(&client, "home").await;
    assert!(view.breaker.is_some_and(|open| open.reason.contains("does not answer")));
    assert_eq!(view.phase, "running", "what answers is not ended");
}

#[tokio::test]
async fn a_box_that_vanishes_again_and_again_is_left_alone_in_the_end() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    for deaths in 1..=5 {
        app.provider.die(id, DeathReason::Vanished);
        app.settle().await;
        let phase = app.show(&client, "home").await.phase;
        assert_eq!(phase, if deaths < 5 { "running" } else { "failed" }, "death {deaths}");
    }
    assert_eq!(app.provider.starts(id), 5);
}

#[tokio::test]
async fn running_out_of_memory_names_the_next_bigger_tier() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.restart_gateway(id, true);
    app.settle().await;
    assert!(timeline(&client).await.contains("such as `standard-2`"));
    app.provider.die(id, DeathReason::OutOfMemory);
    app.settle().await;
    let error = app.show(&client, "home").await.error.unwrap();
    assert_eq!(error.code, "out-of-memory");
    assert!(error.remedy.unwrap().contains("`standard-2`"));
}

#[tokio::test]
async fn the_supervisor_inside_has_no_more_starts_than_the_breaker_has_room_for() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    let crashes_max = || {
        let spec = app.provider.spec(id).unwrap();
        let file = spec.files.iter().find(|file| file.path.ends_with("boxd.json")).unwrap();
        serde_json::from_slice::<serde_json::Value>(&file.content).unwrap()["gateway"]["crashes_max"].clone()
    };
    assert_eq!(crashes_max(), 3);
    for (deaths, left) in [(1, 3), (2, 3), (3, 2), (4, 1)] {
        app.provider.die(id, DeathReason::Vanished);
        app.settle().await;
        assert_eq!(crashes_max(), left, "after {deaths} deaths");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_by_hours_wedges_nothing() {
    for hours in [-5, 5] {
        let app = TestApp::start().await;
        let client = app.first_tenant().await.client;
        let id = box_with_open_breaker(&app, &client).await;
        app.provider.set_ready_after(Some(std::time::Duration::ZERO));
        app.clock.advance(SignedDuration::from_hours(hours));
        app.settle().await;
        minutes_pass(&app, 15).await;
        minutes_pass(&app, 5).await;
        let view = app.show(&client, "home").await;
        assert_eq!((view.phase.as_str(), view.breaker), ("running", None), "{hours} hours");
        // The same without a breaker.
        app.provider.die(id, CRASH);
        app.settle().await;
        app.clock.advance(SignedDuration::from_hours(hours));
        app.settle().await;
        assert_eq!(app.show(&client, "home").await.phase, "running", "{hours} hours");
    }
}
