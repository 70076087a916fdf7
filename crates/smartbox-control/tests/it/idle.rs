//! Boxes that fall asleep by themselves, and what keeps them awake.

use std::time::Duration;

use jiff::SignedDuration;
use smartbox_control::{EgressUsage, PolicyWish};
use smartbox_core::capacity::HostFacts;
use smartbox_core::sleep::Stay;
use smartbox_core::{BoxId, SleepTier, Threshold, Thresholds};
use smartbox_provider::fake::Call;
use smartbox_testkit::gateway::{Reply, Rest};
use smartbox_testkit::{Client, TestApp, id_of};

const POLICY: Thresholds = Thresholds {
    frozen: Threshold::After(Duration::from_mins(10)),
    squeezed: Threshold::After(Duration::from_mins(30)),
    stopped: Threshold::After(Duration::from_hours(24)),
};

async fn app() -> (TestApp, Client, BoxId) {
    let app = TestApp::builder().sleep(POLICY).start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.settle().await;
    (app, client, id)
}

async fn after(app: &TestApp, minutes: i64) {
    app.clock.advance(SignedDuration::from_mins(minutes));
    app.settle().await;
}

async fn phase(app: &TestApp, client: &Client) -> String {
    app.show(client, "home").await.phase
}

#[tokio::test]
async fn an_idle_box_goes_down_tier_by_tier_and_a_request_brings_it_back() {
    let (app, client, id) = app().await;
    after(&app, 9).await;
    assert_eq!(phase(&app, &client).await, "running");
    after(&app, 1).await;
    assert_eq!(phase(&app, &client).await, "sleeping");
    assert!(app.ingress.is_closed(id) && app.gateway.is_at_rest(id));
    after(&app, 20).await;
    let told = client.get("/v1/boxes/home/timeline").await.text();
    assert!(told.contains("squeezed"), "{told}");
    after(&app, 24 * 60).await;
    assert_eq!(phase(&app, &client).await, "sleeping", "down to its disk it sleeps still");
    assert_eq!(app.provider.calls(Call::EnsureStopped), 1);

    app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
    app.settle().await;
    assert_eq!(phase(&app, &client).await, "running");
    assert_eq!(app.provider.starts(id), 2);
    assert!(!app.ingress.is_closed(id));
}

#[tokio::test]
async fn a_woken_box_goes_on_where_it_was_and_its_doors_open() {
    let (app, client, id) = app().await;
    after(&app, 10).await;
    app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
    app.settle().await;
    assert_eq!(phase(&app, &client).await, "running");
    assert_eq!((app.gateway.rests(), app.gateway.resumes(), app.provider.starts(id)), (1, 1, 1));
    assert!(!app.ingress.is_closed(id));
    after(&app, 9).await;
    assert_eq!(phase(&app, &client).await, "running", "idle time is counted from the wake");
}

#[tokio::test]
async fn a_box_at_work_stays_awake_and_is_asked_again_later() {
    let (app, client, id) = app().await;
    app.gateway.rest_next(Rest::Busy);
    after(&app, 10).await;
    assert_eq!(phase(&app, &client).await, "running");
    assert!(!app.ingress.is_closed(id), "nobody waits for a box that stays awake");
    let told = client.get("/v1/boxes/home/timeline").await.text();
    assert!(!told.contains("box.sleep-begun"), "an attempt is no change of its state: {told}");
    after(&app, 1).await;
    assert_eq!(phase(&app, &client).await, "sleeping");
}

#[tokio::test]
async fn requests_and_their_memory_keep_a_box_awake() {
    let (app, client, id) = app().await;
    app.ingress.set_ongoing(id, 1);
    after(&app, 60).await;
    assert_eq!((phase(&app, &client).await.as_str(), app.gateway.rests()), ("running", 0));
    app.ingress.set_ongoing(id, 0);
    app.ingress.set_ended(id, Some(Duration::from_mins(5)));
    after(&app, 1).await;
    assert_eq!(phase(&app, &client).await, "running");
    app.ingress.set_ended(id, Some(Duration::from_mins(10)));
    after(&app, 1).await;
    assert_eq!(phase(&app, &client).await, "sleeping");
}

#[tokio::test]
async fn a_chat_that_goes_on_keeps_its_box_awake() {
    let (mut app, client, id) = app().await;
    app.run_loops();
    app.gateway.reply_next(Reply::Silence);
    let op = app.admin_op();
    let mut chat = app.control.send_message(&op, &id.to_string(), "hello".into(), None).await.unwrap();
    assert!(chat.next().await.is_some());
    app.clock.advance(SignedDuration::from_hours(2));
    let refused = app.control.sleep_box(&op, "default", SleepTier::Frozen, None).await;
    drop(chat);
    assert!(refused.is_ok(), "asking is allowed: it waits for the turn's end");
    let asked = refused.unwrap().operation.id;
    let ended = app.control.wait_for_operation(&op, asked, Duration::from_secs(20)).await.unwrap();
    assert_eq!(format!("{:?}", ended.outcome), "Some(Succeeded)");
    assert_eq!(phase(&app, &client).await, "sleeping");
}

#[tokio::test]
async fn bytes_that_a_box_moves_keep_it_awake_and_signs_of_life_do_not() {
    let (app, client, id) = app().await;
    let moved = |bytes| [EgressUsage { box_id: id, sent: 0, received: bytes, connections: 0, requests: 0 }];
    after(&app, 9).await;
    app.control.record_egress_usage(&moved(1024 * 1024)).await.unwrap();
    after(&app, 5).await;
    assert_eq!(phase(&app, &client).await, "running", "a download is work");
    app.control.record_egress_usage(&moved(200)).await.unwrap();
    after(&app, 5).await;
    assert_eq!(phase(&app, &client).await, "sleeping");
}

#[tokio::test]
async fn never_is_never() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    for _ in 0..4 {
        after(&app, 6 * 24 * 60).await;
    }
    assert_eq!(phase(&app, &client).await, "running");
    assert_eq!((app.provider.calls(Call::EnsureAsleep), app.ingress.closings(id)), (0, 0));
    assert_eq!(app.control.vigil(&app.admin_op(), "home").await.unwrap().unwrap().stay, Some(Stay::Never));
    let told = client.get("/v1/boxes/home/timeline").await.text();
    assert!(!told.contains("sleep"), "{told}");
}

#[tokio::test]
async fn a_gateway_that_cannot_be_asked_is_stopped_and_not_frozen() {
    let (app, client, _id) = app().await;
    app.gateway.be_old();
    after(&app, 10).await;
    assert_eq!(phase(&app, &client).await, "sleeping");
    assert_eq!((app.provider.calls(Call::EnsureAsleep), app.provider.calls(Call::EnsureStopped)), (0, 1));
}

#[tokio::test]
async fn a_job_that_is_due_soon_keeps_a_box_awake_and_one_that_is_due_later_wakes_it_ahead() {
    let (app, client, _id) = app().await;
    let at = |minutes: i64| {
        let at = smartbox_control::Clock::now(&*app.clock) + SignedDuration::from_mins(minutes);
        (at.as_millisecond(), "daily report")
    };
    app.gateway.plan_run(Some(at(10)));
    after(&app, 10).await;
    assert_eq!(phase(&app, &client).await, "running", "it is due now");
    app.gateway.plan_run(Some(at(15)));
    after(&app, 5).await;
    assert_eq!(phase(&app, &client).await, "sleeping");
    app.clock.advance(SignedDuration::from_secs(10 * 60 - 2));
    app.settle().await;
    assert_eq!(phase(&app, &client).await, "sleeping", "it is woken a second ahead and no sooner");
    app.clock.advance(SignedDuration::from_secs(1));
    app.settle().await;
    assert_eq!(phase(&app, &client).await, "running");
    let told = client.get("/v1/boxes/home/timeline").await.text();
    assert!(told.contains("daily report"), "{told}");
    app.gateway.plan_run(None);
    after(&app, 2).await;
    assert_eq!(phase(&app, &client).await, "sleeping", "nobody needed it but the schedule");
}

#[tokio::test]
async fn somebody_who_comes_while_it_falls_asleep_finds_it_awake() {
    let (app, client, id) = app().await;
    app.gateway.rest_next(Rest::Draining);
    app.gateway.rest_next(Rest::Draining);
    let op = app.admin_op();
    app.control.sleep_box(&op, "home", SleepTier::Frozen, None).await.unwrap();
    let settled = async { app.settle().await };
    let visit = async {
        while !app.ingress.is_closed(id) {
            tokio::task::yield_now().await;
        }
        app.control.wake_box(&op, id, "a request").await.unwrap();
    };
    tokio::join!(settled, visit);
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.desired.as_str()), ("running", "running"));
    assert!(!app.ingress.is_closed(id) && !app.gateway.is_at_rest(id));
}

#[tokio::test]
async fn a_platform_that_starts_anew_wakes_what_another_put_to_sleep() {
    let (mut app, _client, id) = app().await;
    after(&app, 10).await;
    assert!(app.gateway.is_at_rest(id));
    app.restart().await;
    app.settle().await;
    let client = app.first_tenant().await.client;
    assert_eq!(phase(&app, &client).await, "sleeping");
    app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
    app.settle().await;
    assert_eq!(phase(&app, &client).await, "running");
    assert!(!app.gateway.is_at_rest(id), "its gateway was told to go on");
    assert_eq!(app.provider.starts(id), 1);
}

#[tokio::test]
async fn a_clock_that_jumps_neither_wakes_nor_sleeps_a_box() {
    let (app, client, id) = app().await;
    app.clock.jump(SignedDuration::from_hours(5));
    app.settle().await;
    assert_eq!(phase(&app, &client).await, "running", "idle time is steady time");
    app.clock.jump(SignedDuration::from_hours(-10));
    after(&app, 10).await;
    assert_eq!(phase(&app, &client).await, "sleeping");
    app.clock.jump(SignedDuration::from_hours(-3));
    app.settle().await;
    app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
    app.settle().await;
    assert_eq!(phase(&app, &client).await, "running");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_sleep_that_waits() {
    let app = TestApp::builder()
        .sleep(POLICY)
        .limits(|limits| limits.sleep_patience = Duration::from_hours(1))
        .start()
        .await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.ingress.set_ongoing(id, 1);
    let op = app.admin_op();
    app.control.sleep_box(&op, "home", SleepTier::Frozen, None).await.unwrap();
    let stop = async { app.control.stop_box(&op, "home", None).await.unwrap() };
    tokio::join!(app.settle(), stop);
    app.settle().await;
    assert_eq!(phase(&app, &client).await, "stopped");
}

#[tokio::test]
async fn under_memory_pressure_the_box_that_is_needed_least_sleeps_first() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    for name in ["idle", "busy"] {
        app.running_box(&client, name).await;
    }
    let op = app.admin_op();
    let ids = async |name: &str| {
        let permission = smartbox_core::Permission::BoxesRead;
        app.control.resolve(&op, permission, name).await.unwrap().id
    };
    let (idle, busy) = (ids("idle").await, ids("busy").await);
    allow_sleep(&app, idle).await;
    allow_sleep(&app, busy).await;
    app.ingress.set_ongoing(busy, 1);
    after(&app, 5).await;
    let gib = 1024 * 1024 * 1024;
    app.host.set(HostFacts {
        memory_bytes: 8 * gib,
        // Less than what the host keeps for itself.
        available_bytes: gib / 2,
        swap_free_bytes: 8 * gib,
        cpu_pressure: None,
        memory_pressure: None,
    });
    app.clock.advance(SignedDuration::from_secs(10));
    app.settle().await;
    assert_eq!(app.show(&client, "idle").await.phase, "sleeping");
    assert_eq!(app.show(&client, "busy").await.phase, "running", "whoever works is left alone");
    let told = client.get("/v1/boxes/idle/timeline").await.text();
    assert!(told.contains("the host is short of memory"), "{told}");
}

/// Boxes of a test platform never sleep unless somebody has decided so.
async fn allow_sleep(app: &TestApp, id: BoxId) {
    let wish = PolicyWish { frozen_after: Some(Some("24h".into())), ..PolicyWish::default() };
    app.control.change_box_sleep(&app.admin_op(), &id.to_string(), &wish, None).await.unwrap();
}
