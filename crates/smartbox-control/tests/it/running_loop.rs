//! The reconcile loop as it runs by itself.

use std::time::Duration;

use smartbox_control::{Op, Reconciler};
use smartbox_core::{DeathReason, Principal};
use smartbox_provider::fake::Call;
use smartbox_testkit::{Client, TestApp, id_of, wait_for};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const LIMIT: Duration = Duration::from_secs(20);

async fn wait_for_phase(app: &TestApp, client: &Client, phase: &str) {
    let look = async || app.show(client, "home").await.phase;
    wait_for(phase, LIMIT, look, |seen| seen == phase).await;
}

#[tokio::test]
async fn a_wish_wakes_the_loop_at_once() {
    let mut app =
        TestApp::builder().limits(|limits| limits.reconcile_period = Duration::from_hours(1)).start().await;
    let client = app.first_tenant().await.client;
    app.run_loops();
    app.created_box(&client, "home").await;
    wait_for_phase(&app, &client, "running").await;
    client.post("/v1/boxes/home/stop").await;
    wait_for_phase(&app, &client, "stopped").await;
}

#[tokio::test]
async fn what_the_provider_sees_wakes_the_loop_at_once() {
    let mut app =
        TestApp::builder().limits(|limits| limits.reconcile_period = Duration::from_hours(1)).start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.run_loops();
    app.provider.make_unready(id);
    wait_for_phase(&app, &client, "degraded").await;
    app.provider.die(id, DeathReason::Vanished);
    wait_for_phase(&app, &client, "running").await;
    assert_eq!(app.provider.starts(id), 2);
}

#[tokio::test]
async fn the_clock_repairs_a_hint_that_was_lost() {
    let mut app = TestApp::builder()
        .limits(|limits| limits.reconcile_period = Duration::from_millis(100))
        .start()
        .await;
    let owner = app.first_tenant().await;
    let id = id_of(&app.running_box(&owner.client, "home").await);
    // The intent is written through a part of the platform whose hints do not reach the new loop.
    let elsewhere = app.control.clone();
    app.restart().await;
    app.run_loops();
    elsewhere.stop_box(&Op::new(Principal::Admin), &id.to_string(), None).await.unwrap();
    let client = app.browser(&owner.org).await;
    wait_for_phase(&app, &client, "stopped").await;
}

#[tokio::test]
async fn the_loop_ends_when_it_is_told_to() {
    let app = TestApp::start().await;
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(Reconciler::new(app.control.clone(), 1).run(stop.clone()));
    wait_for("a look", LIMIT, async || app.provider.calls(Call::ObserveAll), |looks| *looks > 0).await;
    stop.cancel();
    tokio::time::timeout(LIMIT, tasks.join_next()).await.expect("it ends").unwrap().unwrap();
}

#[tokio::test]
async fn the_loop_goes_on_after_passes_that_failed() {
    let mut app =
        TestApp::builder().limits(|limits| limits.reconcile_period = Duration::from_millis(50)).start().await;
    app.expect_log("reconcile pass failed");
    app.expect_log("a box could not be looked at");
    let client = app.first_tenant().await.client;
    let failure = smartbox_provider::fake::Failure::Transient("as the test says".to_owned());
    app.provider.fail_next(Call::ObserveAll, 3, failure);
    app.run_loops();
    app.created_box(&client, "home").await;
    wait_for_phase(&app, &client, "running").await;
}
