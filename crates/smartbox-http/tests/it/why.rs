//! Why a box is as it is, in situations that people meet.

use http::StatusCode;
use jiff::SignedDuration;
use smartbox_api::WhyView;
use smartbox_core::{BoxId, Thresholds};
use smartbox_testkit::gateway::Rest;
use smartbox_testkit::{Client, TestApp, id_of};

async fn app() -> (TestApp, Client, BoxId) {
    let app = TestApp::builder().sleep(Thresholds::default()).start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.settle().await;
    (app, client, id)
}

async fn after(app: &TestApp, minutes: i64) {
    app.clock.advance(SignedDuration::from_mins(minutes));
    app.settle().await;
}

async fn why(client: &Client) -> WhyView {
    client.get("/v1/boxes/home/why").await.json(StatusCode::OK)
}

fn codes(why: &WhyView) -> Vec<&str> {
    why.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

#[tokio::test]
async fn an_idle_box_says_how_long_it_stays_awake() {
    let (app, client, _id) = app().await;
    after(&app, 4).await;
    let why = why(&client).await;
    let reason = &why.reasons[0];
    assert_eq!((why.phase.as_str(), reason.code.as_str()), ("running", "idle"));
    assert_eq!(
        (reason.idle_ms, reason.in_ms, reason.tier.as_deref()),
        (Some(240_000), Some(360_000), Some("frozen"))
    );
    assert_eq!(reason.text, "Nothing was to do for 4 min; it is frozen in 6 min.");
    assert_eq!(why.sleep_after.frozen.from, "platform");
    assert!(why.looked_at.is_some());
    let started = why.last_wake.expect("it was started");
    assert_eq!((started.was_kept, started.took_ms), (false, Some(0)));
}

#[tokio::test]
async fn a_box_at_work_says_with_what() {
    let (app, client, id) = app().await;
    app.ingress.set_ongoing(id, 2);
    after(&app, 20).await;
    let why = why(&client).await;
    assert_eq!((codes(&why), why.reasons[0].count), (vec!["requests"], Some(2)));
}

#[tokio::test]
async fn a_gateway_that_would_not_sleep_is_quoted() {
    let (app, client, _id) = app().await;
    app.gateway.rest_next(Rest::Busy);
    after(&app, 10).await;
    after(&app, 0).await;
    let why = why(&client).await;
    assert_eq!(codes(&why), ["sleep-refused"]);
    let reason = &why.reasons[0];
    assert!(reason.why.as_deref().unwrap().contains("a turn runs"), "{reason:?}");
    assert!(reason.again_at > reason.at);
}

#[tokio::test]
async fn a_sleeping_box_says_what_wakes_it_and_asking_does_not() {
    let (app, client, _id) = app().await;
    let due = smartbox_control::Clock::now(&*app.clock) + SignedDuration::from_hours(3);
    app.gateway.plan_run(Some((due.as_millisecond(), "daily report")));
    after(&app, 10).await;
    let why = why(&client).await;
    assert_eq!(
        (why.phase.as_str(), codes(&why)),
        ("sleeping", vec!["asleep", "goes-deeper", "wakes-at", "wakes-on-use"])
    );
    assert_eq!(why.reasons[2].at, Some(due.to_string()));
    assert_eq!(why.reasons[2].why.as_deref(), Some("its job `daily report`"));
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");

    app.clock.advance(SignedDuration::from_mins(170) - SignedDuration::from_secs(1));
    app.settle().await;
    let woken = self::why(&client).await.last_wake.expect("it was woken");
    assert_eq!((woken.by.as_deref(), woken.was_kept), (Some("reconciler"), true));
    assert!(woken.why.as_deref().unwrap().contains("daily report"), "{woken:?}");
    assert_eq!(woken.slept_ms, Some((170 * 60 - 1) * 1000));
}

#[tokio::test]
async fn a_box_that_may_not_wake_says_what_holds_it() {
    let (app, client, _id) = app().await;
    after(&app, 10).await;
    let hold = serde_json::json!({ "reason": "the invoice is open" });
    app.admin().change_json(http::Method::PUT, "/v1/orgs/home/holds/account", &hold).await;
    let why = why(&client).await;
    assert_eq!(codes(&why), ["asleep", "goes-deeper", "wake-blocked-account", "held-because"]);
}

#[tokio::test]
async fn a_stopped_and_a_deleted_box_say_so() {
    let (app, client, _id) = app().await;
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    assert_eq!(codes(&why(&client).await), ["stopped"]);
    client.delete("/v1/boxes/home").await;
    app.settle().await;
    assert_eq!(codes(&why(&client).await), ["deleted"]);
}
