//! Spending through the use-cases: what is granted, refused, billed, and told.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use smartbox_control::{EgressUsage, ModelSpent, Monitor, NewPlan, OrgPlanWish, SpendRefused};
use smartbox_core::BoxId;
use smartbox_core::ledger::{Budget, Caps, Each, Measure, PlanTerms, Scope};
use smartbox_store::testing;
use smartbox_testkit::{Client, TestApp, id_of};
use tokio::task::JoinSet;

async fn app() -> (TestApp, Client, BoxId) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.settle().await;
    app.control.publish_allowances().await.unwrap();
    (app, client, id)
}

fn spent(tokens: u64) -> ModelSpent {
    ModelSpent {
        model: "m".to_owned(),
        provider: "p".to_owned(),
        input: tokens,
        nanos: tokens * 1000,
        ..ModelSpent::default()
    }
}

fn daily(tokens: u64) -> Budget {
    Budget { day: Caps { tokens: Some(tokens), ..Caps::default() }, month: Caps::default() }
}

async fn limit(app: &TestApp, tokens: u64) {
    app.control.set_box_budget(&app.admin_op(), "home", daily(tokens), None).await.unwrap();
}

async fn tokens(app: &TestApp) -> u64 {
    app.control.box_usage(&app.admin_op(), "home", None).await.unwrap().usage.tokens()
}

#[tokio::test]
async fn where_nothing_limits_calls_are_billed_all_the_same_and_once() {
    let (app, _client, id) = app().await;
    let reservation = app.control.reserve_spend(id, 100, 5).await.unwrap();
    for _ in 0..2 {
        app.control.settle_spend(reservation.clone(), spent(40)).await.unwrap();
    }
    assert_eq!(tokens(&app).await, 40);
    let report = app.control.org_usage(&app.admin_op(), None, None).await.unwrap();
    assert_eq!((report.usage.calls, report.usage.nanos, report.boxes.len()), (1, 40_000, 1));
    assert_eq!((report.models.len(), report.days.len()), (1, 1));
}

#[tokio::test]
async fn a_refusal_says_what_how_much_and_until_when() {
    let (app, client, id) = app().await;
    limit(&app, 100).await;
    let held = app.control.reserve_spend(id, 60, 0).await.unwrap();
    let refused = app.control.reserve_spend(id, 41, 0).await.unwrap_err();
    let SpendRefused::Over { what, scope, current, limit, resets_at, message } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((what, scope, current, limit), (Measure::Tokens, Scope::Box, 60, 100));
    let midnight: Timestamp = resets_at;
    assert!(
        midnight > app.control.clock().now()
            && midnight <= app.control.clock().now() + SignedDuration::from_hours(24)
    );
    for said in ["the box's daily budget for tokens", "60 tokens of 100 tokens", "41 tokens", "anew at"] {
        assert!(message.contains(said), "{said}: {message}");
    }
    app.control.settle_spend(held, spent(10)).await.unwrap();
    let again = app.control.reserve_spend(id, 90, 0).await.unwrap();
    app.control.settle_spend(again, spent(90)).await.unwrap();
    let told = client.get("/v1/boxes/home/timeline").await.text();
    for percent in ["50 % of box day budget", "80 % of", "100 % of"] {
        assert!(told.contains(percent), "{percent}: {told}");
    }
}

#[tokio::test]
async fn a_plan_that_does_not_pay_for_more_refuses_and_its_overage_budget_pays() {
    let (app, _client, id) = app().await;
    let op = app.admin_op();
    let limits = Each { tokens: Some(10), ..Each::default() };
    let rates = Each { tokens: 1_000_000_000, ..Each::default() };
    let terms = PlanTerms { limits, rates, ..PlanTerms::default() };
    let plan = NewPlan { name: "starter".to_owned(), is_default: true, terms };
    app.control.create_plan(&op, &plan).await.unwrap();
    let refused = app.control.reserve_spend(id, 11, 0).await.unwrap_err();
    let SpendRefused::Over { what, scope, limit, message, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((what, scope, limit), (Measure::Tokens, Scope::Org, 10));
    assert!(message.contains("`starter`") && message.contains("budget for overage is 0.00 USD"), "{message}");
    let org = app.first_org().await.to_string();
    let pays = OrgPlanWish { overage_nanos: Some(1000), ..OrgPlanWish::default() };
    app.control.change_org_plan(&op, &org, pays).await.unwrap();
    let _held = app.control.reserve_spend(id, 11, 0).await.unwrap();
    let state = app.control.plan_state(&op, None).await.unwrap();
    assert_eq!((state.plan.as_str(), state.overage_nanos), ("starter", 1000));
}

#[tokio::test]
async fn while_the_database_is_down_limited_boxes_spend_nothing_and_others_go_on() {
    let (app, _client, id) = app().await;
    app.expect_log("nothing could be set aside");
    app.expect_log("could not be put down");
    let free = app.control.reserve_spend(id, 1, 0).await.unwrap();
    limit(&app, 100).await;
    let held = app.control.reserve_spend(id, 1, 0).await.unwrap();
    app.store.close().await;
    assert_eq!(app.control.reserve_spend(id, 1, 0).await.unwrap_err(), SpendRefused::Unavailable);
    for reservation in [free, held] {
        assert!(
            app.control.settle_spend(reservation, spent(1)).await.is_err(),
            "it is kept, and not acknowledged"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_calls_at_once_spend_no_more_than_the_budget() {
    let (app, _client, id) = app().await;
    limit(&app, 1000).await;
    let app = Arc::new(app);
    let mut calls = JoinSet::new();
    for _ in 0..200 {
        let app = Arc::clone(&app);
        calls.spawn(async move {
            let Ok(reservation) = app.control.reserve_spend(id, 100, 0).await else { return 0 };
            tokio::task::yield_now().await;
            app.control.settle_spend(reservation, spent(90)).await.unwrap();
            90
        });
    }
    let billed: u64 = calls.join_all().await.into_iter().sum();
    assert_eq!(tokens(&app).await, billed);
    assert!((900..=1000).contains(&billed), "{billed}");
}

#[tokio::test]
async fn what_the_database_did_not_take_is_put_down_once_when_it_is_back() {
    let (app, _client, id) = app().await;
    limit(&app, 100).await;
    app.expect_log("could not be put down");
    let one = app.control.reserve_spend(id, 40, 0).await.unwrap();
    let two = app.control.reserve_spend(id, 40, 0).await.unwrap();
    app.expect_log("model_usage");
    testing::rename(&app.store, "model_usage", "elsewhere").await.unwrap();
    // The gateway tries again: then it is kept twice.
    for reservation in [&one, &two, &one] {
        app.control.settle_spend(reservation.clone(), spent(15)).await.unwrap_err();
    }
    let mut monitor = Monitor::new(app.control.clone());
    monitor.pass().await.unwrap_err();
    testing::rename(&app.store, "elsewhere", "model_usage").await.unwrap();
    assert_eq!(tokens(&app).await, 0);
    let refused = app.control.reserve_spend(id, 21, 0).await.unwrap_err();
    assert!(matches!(refused, SpendRefused::Over { current: 80, .. }), "it is still set aside: {refused:?}");

    for _ in 0..2 {
        monitor.pass().await.unwrap();
        assert_eq!(tokens(&app).await, 30);
    }
    let rest = app.control.reserve_spend(id, 70, 0).await.unwrap();
    app.control.settle_spend(rest, spent(70)).await.unwrap();
    let usage = app.control.box_usage(&app.admin_op(), "home", None).await.unwrap().usage;
    assert_eq!((usage.calls, usage.nanos), (3, 100_000));
}

#[tokio::test]
async fn traffic_is_set_aside_in_chunks_and_refused_with_what_and_until_when() {
    let (app, _client, id) = app().await;
    assert_eq!(app.control.set_bytes_aside(id).await, Ok(None), "nothing limits it");
    let bytes = Caps { bytes: Some(100_000), ..Caps::default() };
    let budget = Budget { day: bytes, month: Caps::default() };
    app.control.set_box_budget(&app.admin_op(), "home", budget, None).await.unwrap();
    let first = app.control.set_bytes_aside(id).await.unwrap().unwrap();
    let second = app.control.set_bytes_aside(id).await.unwrap().unwrap();
    assert_eq!((first, first + second), (64 * 1024, 100_000));
    let refused = app.control.set_bytes_aside(id).await.unwrap_err();
    let SpendRefused::Over { what, current, limit, message, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((what, current, limit), (Measure::Bandwidth, 100_000, 100_000));
    assert!(
        message.contains("the box's daily budget for bandwidth") && message.contains("anew at"),
        "{message}"
    );

    let used = EgressUsage { box_id: id, sent: 1, received: 49_999, connections: 1, requests: 0 };
    app.control.record_egress_usage(&[used]).await.unwrap();
    assert!(app.control.set_bytes_aside(id).await.is_err(), "what is recorded is still not free");
    app.control.give_bytes_back(id, 10_000).await.unwrap();
    assert_eq!(app.control.set_bytes_aside(id).await, Ok(Some(40_000)));
    // Another platform begins: what the last one had in its hands is free.
    app.control.give_all_bytes_back().await.unwrap();
    assert_eq!(app.control.set_bytes_aside(id).await, Ok(Some(50_000)));
}
