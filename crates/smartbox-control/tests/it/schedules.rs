//! Schedules and a platform that ends in the middle.

use jiff::SignedDuration;
use smartbox_control::{Clock as _, ScheduleWish};
use smartbox_store::{RunState, ScheduleRun, SystemActor};
use smartbox_testkit::{TestApp, id_of};

fn wish() -> ScheduleWish {
    ScheduleWish {
        name: Some("report".into()),
        cron: Some("0 * * * *".into()),
        message: Some("go".into()),
        ..ScheduleWish::default()
    }
}

fn said(app: &TestApp) -> usize {
    app.gateway.received().len()
}

/// A schedule whose time has come and whose run was written down and not acted on.
async fn begun() -> (TestApp, String) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    let op = app.admin_op();
    let made = app.control.create_schedule(&op, "home", &wish()).await.unwrap();
    app.clock.advance(SignedDuration::from_hours(1));
    let now = app.clock.now();
    let fleet = app.store.fleet(SystemActor::new("test"));
    let due = fleet.active_schedules(now, 10, None).await.unwrap().remove(0);
    assert_eq!(due.id, made.id);
    let id = "00112233445566778899aabbccddeeff".to_owned();
    let run = ScheduleRun {
        id: id.clone(),
        due: due.next.unwrap().at,
        at: now,
        state: RunState::Started,
        what: None,
    };
    let event = |n: u8| smartbox_store::NewEvent {
        id: smartbox_core::EventId::from_parts(now, [n; 10]),
        actor: "test".into(),
        action: "schedule.fired".into(),
        reason: String::new(),
        detail: serde_json::json!({}),
        address: None,
        outcome: smartbox_store::EventOutcome::Ok,
    };
    assert!(fleet.claim_run(&due, &run, None, event(1), now).await.unwrap());
    assert!(!fleet.claim_run(&due, &run, None, event(2), now).await.unwrap(), "a due time is claimed once");
    (app, id)
}

#[tokio::test]
async fn a_run_that_was_begun_and_not_ended_is_acted_on_by_the_next_platform_and_ends() {
    let (mut app, id) = begun().await;
    app.restart().await;
    app.settle().await;
    assert_eq!(said(&app), 1);
    let schedules = app.control.list_schedules(&app.admin_op(), "home").await.unwrap();
    let run = schedules[0].run.clone().unwrap();
    assert_eq!((run.id, run.state), (id, RunState::Done));
    app.restart().await;
    app.settle().await;
    assert_eq!(said(&app), 1, "what has ended is not repeated");
}

#[tokio::test]
async fn a_time_that_was_acted_on_never_comes_again_however_often_the_platform_ends() {
    let mut app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.control.create_schedule(&app.admin_op(), "home", &wish()).await.unwrap();
    for hour in 1..=3 {
        app.clock.advance(SignedDuration::from_hours(1));
        for _ in 0..3 {
            app.settle().await;
            app.restart().await;
        }
        app.settle().await;
        assert_eq!(said(&app), hour);
    }
    assert_eq!(app.provider.starts(id), 1);
}

#[tokio::test]
async fn a_box_goes_on_being_kept_awake_after_a_restart_of_the_platform() {
    let mut app = TestApp::builder().sleep(smartbox_core::Thresholds::default()).start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    let wake = ScheduleWish { message: None, wake_minutes: Some(60), ..wish() };
    let wake = ScheduleWish { cron: None, at: Some("2026-01-01T00:05:00Z".into()), ..wake };
    app.control.create_schedule(&app.admin_op(), "home", &wake).await.unwrap();
    app.clock.advance(SignedDuration::from_mins(5));
    app.settle().await;
    app.restart().await;
    app.settle().await;
    let client = app.first_tenant().await.client;
    app.clock.advance(SignedDuration::from_mins(50));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    app.clock.advance(SignedDuration::from_mins(11));
    app.settle().await;
    app.clock.advance(SignedDuration::from_mins(11));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");
}
