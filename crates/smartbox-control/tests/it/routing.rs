//! A candidate that fails is given up; a setting counts once.

use std::time::Duration;

use smartbox_control::{RollbackWatch, RouteChange};
use smartbox_core::routing::{Outcome, OutcomeKind, RouteName, RoutingFlag};
use smartbox_store::{AuditEvent, RoutingRow, SystemActor};
use smartbox_testkit::TestApp;

const NAME: RouteName = RouteName::ContainerGateway;
const OLD: &str = "http://old.example:8081";

/// Sends this share of callers to the candidate, as the admin.
async fn set(app: &TestApp, change: RouteChange) -> RoutingRow {
    app.control.change_route(&app.admin_op(), NAME.as_str(), &change, None).await.unwrap()
}

fn percentage(percentage: u32) -> RouteChange {
    RouteChange { percentage: Some(percentage), ..RouteChange::default() }
}

fn from_old(share: u32) -> RouteChange {
    RouteChange { primary: Some(OLD.to_owned()), ..percentage(share) }
}

async fn row(app: &TestApp) -> RoutingRow {
    app.control.find_route(&app.admin_op(), NAME.as_str()).await.unwrap()
}

/// What the edge goes by.
fn published(app: &TestApp) -> RoutingFlag {
    app.control.routing_flags().borrow().get(NAME).clone()
}

async fn log(app: &TestApp) -> Vec<AuditEvent> {
    let log = app.store.fleet(SystemActor::new("test")).audit_log(None, None, 100).await.unwrap().items;
    log.into_iter().filter(|line| line.action.starts_with("route.")).collect()
}

/// Tells of so many outcomes, one a second from `from` on.
async fn tell(watch: &mut RollbackWatch, version: i64, kind: OutcomeKind, seconds: std::ops::Range<u64>) {
    for second in seconds {
        let outcome = Outcome { route: NAME, version, kind };
        watch.take(outcome, Duration::from_secs(second)).await.unwrap();
    }
}

#[tokio::test]
async fn a_candidate_that_fails_too_often_is_given_up_durably_and_with_its_numbers() {
    let mut app = TestApp::start().await;
    app.expect_log("a candidate is given up");
    let version = set(&app, from_old(25)).await.flag.version;
    let mut watch = RollbackWatch::new(app.control.clone());
    tell(&mut watch, version, OutcomeKind::Answered, 0..10).await;
    tell(&mut watch, version, OutcomeKind::Failed, 10..19).await;
    assert_eq!(published(&app).percentage, 25, "nineteen requests are too few");
    tell(&mut watch, version, OutcomeKind::Failed, 19..20).await;
    assert_eq!(published(&app).percentage, 0, "whoever comes now goes to the primary");

    let back = row(&app).await;
    let reason = "10 of 20 requests to self failed within 60 s: 50 %, and 50 % are the limit";
    assert_eq!(back.rolled_back.as_ref().unwrap().reason, reason);
    assert_eq!((back.flag.version, back.changed_by.as_deref()), (version + 1, Some("platform")));
    let last = log(&app).await.pop().unwrap();
    assert_eq!((last.action.as_str(), last.actor.as_str()), ("route.rolled-back", "platform"));
    assert_eq!(last.reason, reason);
    let detail: serde_json::Value = serde_json::from_str(&last.detail).unwrap();
    assert_eq!((&detail["percentage_before"], &detail["failures"]), (&25.into(), &10.into()));

    app.restart().await;
    app.control.start_routing(&[]).await.unwrap();
    assert_eq!((published(&app).percentage, row(&app).await.rolled_back), (0, back.rolled_back));
    assert_eq!(set(&app, percentage(5)).await.rolled_back, None, "somebody has decided anew");
}

#[tokio::test]
async fn what_began_before_a_change_does_not_count_after_it() {
    let app = TestApp::start().await;
    let old = set(&app, from_old(25)).await.flag.version;
    let mut watch = RollbackWatch::new(app.control.clone());
    tell(&mut watch, old, OutcomeKind::Failed, 0..19).await;
    let new = set(&app, percentage(50)).await.flag.version;
    tell(&mut watch, old, OutcomeKind::Failed, 19..60).await;
    tell(&mut watch, new, OutcomeKind::Failed, 60..79).await;
    assert_eq!((published(&app).percentage, row(&app).await.rolled_back), (50, None));
}

#[tokio::test]
async fn failures_that_lie_far_apart_and_a_rule_that_is_off_give_nobody_up() {
    let app = TestApp::start().await;
    let version = set(&app, from_old(25)).await.flag.version;
    let mut watch = RollbackWatch::new(app.control.clone());
    for minute in 0..30 {
        tell(&mut watch, version, OutcomeKind::Failed, minute * 60..minute * 60 + 10).await;
    }
    assert_eq!(published(&app).percentage, 25, "never twenty within a minute");
    let off = RouteChange { rollback_at: Some(0), ..RouteChange::default() };
    let version = set(&app, off).await.flag.version;
    tell(&mut watch, version, OutcomeKind::Failed, 0..100).await;
    assert_eq!(published(&app).percentage, 25);
}

#[tokio::test]
async fn a_setting_counts_when_it_says_something_new_and_not_at_every_start() {
    let app = TestApp::start().await;
    let settings = |share| vec![(NAME, from_old(share))];
    app.control.start_routing(&settings(100)).await.unwrap();
    assert_eq!((published(&app).percentage, published(&app).primary.to_string()), (100, OLD.to_owned()));
    let told = log(&app).await;
    assert_eq!((told.len(), told[0].actor.as_str()), (1, "settings"));

    set(&app, percentage(0)).await;
    app.control.start_routing(&settings(100)).await.unwrap();
    assert_eq!(published(&app).percentage, 0, "a restart undoes nothing");
    app.control.start_routing(&settings(50)).await.unwrap();
    assert_eq!(published(&app).percentage, 50);

    set(&app, percentage(0)).await;
    app.control.start_routing(&[]).await.unwrap();
    assert_eq!(published(&app).percentage, 0, "a setting that is gone changes nothing");
    app.control.start_routing(&settings(50)).await.unwrap();
    assert_eq!(published(&app).percentage, 50, "set again, it counts again");
}

#[tokio::test]
async fn a_setting_that_leads_back_here_stops_the_start() {
    let app = TestApp::start().await;
    let change =
        RouteChange { candidate: Some("http://127.0.0.1:8080".to_owned()), ..RouteChange::default() };
    let error = app.control.start_routing(&[(NAME, change)]).await.unwrap_err();
    let smartbox_control::Error::Invalid(issues) = error else { panic!("{error:?}") };
    let message = "of `container-gateway` leads back to this platform, which is called `self`";
    assert_eq!((issues[0].field, issues[0].message.as_str()), ("candidate", message));
    assert!(published(&app).is_unused());
}

#[tokio::test]
async fn the_watch_takes_outcomes_from_a_channel_until_it_is_told_to_stop() {
    let app = TestApp::start().await;
    app.expect_log("a candidate is given up");
    let version = set(&app, from_old(25)).await.flag.version;
    let mut flags = app.control.routing_flags();
    let (tell, outcomes) = tokio::sync::mpsc::channel(64);
    let stop = app.stop_signal();
    let mut watch = tokio::task::JoinSet::new();
    watch.spawn(RollbackWatch::new(app.control.clone()).run(outcomes, stop.clone()));
    for _ in 0..20 {
        tell.send(Outcome { route: NAME, version, kind: OutcomeKind::Failed }).await.unwrap();
    }
    flags.wait_for(|flags| flags.get(NAME).percentage == 0).await.unwrap();
    // The end of those who tell is not the end of the watch, which would take the platform down.
    drop(tell);
    assert!(watch.try_join_next().is_none());
    stop.cancel();
    watch.join_next().await.unwrap().unwrap();
}
