//! What is over its plan or budget is put to sleep and stays down until it may go on.

use jiff::SignedDuration;
use smartbox_control::{EgressUsage, Error, Monitor, NewPlan};
use smartbox_core::BoxId;
use smartbox_core::ledger::{Budget, Caps, Each, PlanTerms};
use smartbox_core::wake::{HoldKind, WakeRefusal};
use smartbox_testkit::{Client, TestApp, id_of};

async fn app() -> (TestApp, Client, BoxId) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.settle().await;
    (app, client, id)
}

async fn look(app: &TestApp) {
    Monitor::new(app.control.clone()).pass().await.unwrap();
    app.settle().await;
}

async fn moved(app: &TestApp, id: BoxId, bytes: u64) {
    let used = EgressUsage { box_id: id, sent: bytes, received: 0, connections: 1, requests: 0 };
    app.control.record_egress_usage(&[used]).await.unwrap();
}

fn daily_bytes(bytes: u64) -> Budget {
    Budget { day: Caps { bytes: Some(bytes), ..Caps::default() }, month: Caps::default() }
}

async fn phase(app: &TestApp, client: &Client) -> String {
    app.show(client, "home").await.phase
}

async fn refusal(app: &TestApp, name: &str) -> Option<HoldKind> {
    match app.control.start_box(&app.admin_op(), name, None).await {
        Ok(_) => None,
        Err(Error::WakeRefused(WakeRefusal::Held(kind))) => Some(kind),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_box_that_has_used_up_its_budget_sleeps_until_the_next_day_and_the_others_do_not() {
    let (app, client, id) = app().await;
    app.running_box(&client, "other").await;
    app.control.set_box_budget(&app.admin_op(), "home", daily_bytes(1000), None).await.unwrap();
    moved(&app, id, 999).await;
    look(&app).await;
    assert_eq!(phase(&app, &client).await, "running");
    moved(&app, id, 1).await;
    look(&app).await;
    assert_eq!(phase(&app, &client).await, "sleeping");
    assert_eq!(app.show(&client, "other").await.phase, "running");
    assert_eq!(refusal(&app, "home").await, Some(HoldKind::Budget));
    assert!(app.control.wake_box(&app.admin_op(), id, "a request").await.is_err());
    let why = client.get("/v1/boxes/home/why").await.text();
    assert!(why.contains("wake-blocked-budget") && why.contains("daily budget for bandwidth"), "{why}");
    let told = client.get("/v1/boxes/home/timeline").await.text();
    assert!(told.contains("box.held") && told.contains("100 % of box day budget"), "{told}");

    app.clock.advance(SignedDuration::from_hours(25));
    look(&app).await;
    assert_eq!(phase(&app, &client).await, "sleeping", "nobody needs it");
    app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
    app.settle().await;
    assert_eq!(phase(&app, &client).await, "running");
    assert!(client.get("/v1/boxes/home/timeline").await.text().contains("box.released"));
}

#[tokio::test]
async fn an_org_over_its_plan_is_down_until_its_plan_is_raised_and_a_persons_hold_stays() {
    let (app, client, id) = app().await;
    let op = app.admin_op();
    let plan = |bytes| NewPlan {
        name: "starter".to_owned(),
        is_default: true,
        terms: PlanTerms { limits: Each { bytes: Some(bytes), ..Each::default() }, ..PlanTerms::default() },
    };
    app.control.create_plan(&op, &plan(100)).await.unwrap();
    moved(&app, id, 101).await;
    look(&app).await;
    assert_eq!(phase(&app, &client).await, "sleeping");
    assert_eq!(refusal(&app, "home").await, Some(HoldKind::Plan));
    let told = client.get("/v1/boxes/home/why").await.text();
    assert!(told.contains("`starter` includes 100 bytes of bandwidth"), "{told}");
    app.control.hold_org(&op, "home", "account", "unpaid").await.unwrap();
    app.control.change_plan(&op, &plan(1000), None).await.unwrap();
    look(&app).await;
    assert_eq!(
        refusal(&app, "home").await,
        Some(HoldKind::Account),
        "what a person has set a person takes away"
    );
    app.control.release_org(&op, "home", "account").await.unwrap();
    assert_eq!(refusal(&app, "home").await, None);
}

#[tokio::test]
async fn a_box_whose_work_does_not_end_is_stopped_after_a_while() {
    let (app, client, id) = app().await;
    app.control.set_box_budget(&app.admin_op(), "home", daily_bytes(1), None).await.unwrap();
    moved(&app, id, 5).await;
    app.provider.make_unready(id);
    app.settle().await;
    look(&app).await;
    assert_eq!(phase(&app, &client).await, "stopped", "what does not answer is not put to sleep");
    assert_eq!(refusal(&app, "home").await, Some(HoldKind::Budget));
}

#[tokio::test]
async fn what_boxes_take_is_measured_and_counted_once() {
    let (app, client, id) = app().await;
    let mut monitor = Monitor::new(app.control.clone());
    app.provider.spend_cpu(id, 700);
    monitor.pass().await.unwrap();
    app.provider.spend_cpu(id, 300);
    app.clock.advance(SignedDuration::from_secs(60));
    monitor.pass().await.unwrap();
    // A platform that begins anew goes on where the last one has ended.
    Monitor::new(app.control.clone()).pass().await.unwrap();
    let usage = app.control.box_usage(&app.admin_op(), "home", None).await.unwrap().usage;
    assert_eq!((usage.cpu_ms, usage.awake_ms, usage.memory_mib_s), (1000, 60_000, 750 * 60));
    let shown = client.get("/v1/boxes/home/usage").await.text();
    assert!(shown.contains("\"cpu_ms\":1000"), "{shown}");
}

#[tokio::test]
async fn the_picture_for_the_proxy_says_what_is_left_at_once() {
    let (app, client, id) = app().await;
    app.control.publish_allowances().await.unwrap();
    let picture = app.control.allowances();
    let left = || picture.borrow().boxes.get(&id).map(|allowance| allowance.bytes_left);
    assert_eq!(left(), None, "nothing limits it");
    app.control.set_org_budget(&app.admin_op(), "home", daily_bytes(1000), None).await.unwrap();
    assert_eq!(left(), Some(Some(1000)));
    moved(&app, id, 400).await;
    assert_eq!(left(), Some(Some(600)));
    let second = id_of(&app.running_box(&client, "second").await);
    assert_eq!(picture.borrow().boxes.get(&second).map(|allowance| allowance.bytes_left), Some(Some(600)));
    moved(&app, second, 700).await;
    let allowance = picture.borrow().boxes[&id].clone();
    assert_eq!(
        (allowance.bytes_left, allowance.what, allowance.current, allowance.limit),
        (Some(0), "bandwidth", 1100, 1000)
    );
    assert!(allowance.message.contains("the org's daily budget for bandwidth"), "{}", allowance.message);
    app.control.set_org_budget(&app.admin_op(), "home", Budget::default(), None).await.unwrap();
    assert!(picture.borrow().boxes.is_empty());
}
