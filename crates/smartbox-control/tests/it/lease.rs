//! Two platforms on one database: one acts.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use smartbox_control::{Clock, Lease, Reconciler};
use smartbox_core::SleepDepth;
use smartbox_provider::fake::{Call, Failure};
use smartbox_provider::{Provider, ProviderError};
use smartbox_testkit::{TestApp, id_of};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const TTL: Duration = Duration::from_secs(30);

async fn acquire(app: &TestApp, ttl: Duration, is_alone: bool) -> Option<Lease> {
    let clock = Arc::clone(&app.clock) as Arc<dyn Clock>;
    Lease::acquire(&app.store, clock, &*app.entropy, ttl, is_alone).await.unwrap()
}

/// Passes until the boxes are quiet.
async fn settle(reconciler: &mut Reconciler) {
    for _ in 0..6 {
        reconciler.pass().await.unwrap();
        reconciler.settle().await;
    }
}

#[tokio::test]
async fn exactly_one_of_two_platforms_acts_and_the_other_takes_over_after_its_time() {
    let app = TestApp::start().await;
    app.expect_log("another platform acts");
    let client = app.first_tenant().await.client;
    let id = id_of(&app.created_box(&client, "home").await.smartbox);
    let first = acquire(&app, TTL, false).await.unwrap();
    assert!(acquire(&app, TTL, false).await.is_none(), "somebody acts");
    let mut acting = Reconciler::under(app.control.clone(), first.clone());
    settle(&mut acting).await;
    assert_eq!((app.show(&client, "home").await.phase.as_str(), app.provider.starts(id)), ("running", 1));

    // The first is cut off for as long as its lease lasts.
    app.clock.advance(SignedDuration::from_secs(31));
    let second = acquire(&app, TTL, false).await.unwrap();
    assert!(second.epoch() > first.epoch());
    let mut successor = Reconciler::under(app.another_control(), second.clone());
    client.post("/v1/boxes/home/restart").await;
    settle(&mut successor).await;
    assert_eq!((app.show(&client, "home").await.phase.as_str(), app.provider.starts(id)), ("running", 2));

    // What the first still had in its hands comes too late.
    let spec = app.provider.spec(id).unwrap();
    let late = [
        app.provider.ensure_running(id, first.epoch(), &spec).await,
        app.provider.ensure_stopped(id, first.epoch()).await,
        app.provider.ensure_absent(id, first.epoch()).await,
    ];
    assert!(late.iter().all(|late| matches!(late, Err(ProviderError::Fenced))), "{late:?}");
    assert!(!first.renew().await && first.is_lost());
    assert!(acting.pass().await.is_err(), "it does nothing any more");
    assert_eq!((app.show(&client, "home").await.phase.as_str(), app.provider.starts(id)), ("running", 2));
}

#[tokio::test]
async fn a_platform_that_is_refused_as_too_old_stops_and_tells_nothing_about_the_box() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    app.expect_log("another platform acts");
    let client = app.first_tenant().await.client;
    let id = id_of(&app.created_box(&client, "home").await.smartbox);
    let first = acquire(&app, TTL, false).await.unwrap();
    let mut acting = Reconciler::under(app.control.clone(), first.clone());
    settle(&mut acting).await;
    app.clock.advance(SignedDuration::from_secs(31));
    let second = acquire(&app, TTL, false).await.unwrap();
    let spec = app.provider.spec(id).unwrap();
    app.provider.ensure_running(id, second.epoch(), &spec).await.unwrap();

    client.post("/v1/boxes/home/stop").await;
    // By its own clock the first has time left.
    assert!(first.is_held());
    acting.pass().await.unwrap();
    acting.settle().await;
    assert!(first.is_lost(), "the refusal made it look");
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error), ("stopping", None));
    assert_eq!(app.provider.calls(Call::EnsureStopped), 1);
}

#[tokio::test]
async fn a_platform_that_takes_over_tells_every_living_box_before_it_does_anything_with_it() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let (awake, asleep) =
        (id_of(&app.running_box(&client, "awake").await), id_of(&app.running_box(&client, "asleep").await));
    app.provider.ensure_asleep(asleep, 1, SleepDepth::Frozen).await.unwrap();
    let mut successor = Reconciler::new(app.another_control(), 5);
    app.provider.fail_next(Call::EnsureAwake, 1, Failure::Transient("not now".into()));
    successor.pass().await.unwrap();
    successor.pass().await.unwrap();
    successor.settle().await;
    for id in [awake, asleep] {
        let late = app.provider.ensure_stopped(id, 1).await;
        assert!(matches!(late, Err(ProviderError::Fenced)), "{late:?}");
        assert_eq!(app.provider.starts(id), 1, "nothing was started for that");
    }
}

#[tokio::test]
async fn a_lease_that_could_not_be_renewed_in_time_lets_nobody_act_until_it_is() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let lease = acquire(&app, Duration::ZERO, false).await.unwrap();
    let mut reconciler = Reconciler::under(app.control.clone(), lease.clone());
    assert!(!lease.is_held() && !lease.is_lost());
    assert!(reconciler.pass().await.is_err());
    assert_eq!((app.provider.calls(Call::ObserveAll), app.provider.calls(Call::EnsureRunning)), (0, 0));
}

#[tokio::test]
async fn a_loop_whose_lease_is_lost_ends_by_itself() {
    let app = TestApp::start().await;
    app.expect_log("another platform acts");
    let lease = acquire(&app, TTL, false).await.unwrap();
    let mut running = JoinSet::new();
    running.spawn(Reconciler::under(app.control.clone(), lease.clone()).run(CancellationToken::new()));
    app.clock.advance(SignedDuration::from_secs(31));
    acquire(&app, TTL, false).await.unwrap();
    assert!(!lease.renew().await);
    let ended = tokio::time::timeout(Duration::from_secs(20), running.join_next()).await;
    ended.expect("it ends").unwrap().unwrap();
}

#[tokio::test]
async fn whoever_is_known_to_be_alone_need_not_wait() {
    let app = TestApp::start().await;
    app.expect_log("another platform acts");
    let killed = acquire(&app, TTL, true).await.unwrap();
    let next = acquire(&app, TTL, true).await.unwrap();
    assert_eq!(next.epoch(), killed.epoch() + 1);
    assert!(!killed.renew().await);
    next.release().await;
    assert!(acquire(&app, TTL, false).await.is_some(), "what was given back is free at once");
}
