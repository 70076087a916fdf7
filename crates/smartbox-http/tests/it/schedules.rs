//! Schedules: made, changed, acted on, each due time once.

use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use smartbox_api::{EventList, ScheduleList, ScheduleView};
use smartbox_control::Clock as _;
use smartbox_testkit::gateway::Rest;
use smartbox_testkit::{Client, TestApp, id_of};

const PATH: &str = "/v1/boxes/home/schedules";

async fn app() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    (app, client)
}

async fn made(client: &Client, body: Value) -> ScheduleView {
    client.post_json(PATH, &body).await.json(StatusCode::CREATED)
}

async fn seen(client: &Client, id: &str) -> ScheduleView {
    client.get(&format!("{PATH}/{id}")).await.json(StatusCode::OK)
}

async fn after(app: &TestApp, time: SignedDuration) {
    app.clock.advance(time);
    app.settle().await;
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn said(app: &TestApp) -> Vec<String> {
    app.gateway.received().into_iter().map(|received| received.text).collect()
}

#[tokio::test]
async fn a_message_is_said_at_its_time_and_once() {
    let (app, client) = app().await;
    let body = json!({ "name": "report", "cron": "0 1 * * *", "message": { "text": "write the report" } });
    let schedule = made(&client, body).await;
    assert_eq!(schedule.next_at.as_deref(), Some("2026-01-01T01:00:00Z"));
    after(&app, SignedDuration::from_mins(59)).await;
    assert!(said(&app).is_empty());
    after(&app, SignedDuration::from_mins(1)).await;
    assert_eq!(said(&app), ["write the report"]);
    after(&app, hours(1)).await;
    assert_eq!(said(&app).len(), 1);
    let schedule = seen(&client, &schedule.id).await;
    let run = schedule.last_run.expect("it ran");
    assert_eq!((run.state.as_str(), run.due_at.as_str()), ("done", "2026-01-01T01:00:00Z"));
    assert_eq!(schedule.next_at.as_deref(), Some("2026-01-02T01:00:00Z"));
    let told: EventList = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert!(told.items.iter().any(|event| event.action == "schedule.fired"));
    assert!(
        !client.get("/v1/audit").await.text().contains("write the report"),
        "what is said is nobody's business"
    );
}

#[tokio::test]
async fn a_sleeping_box_is_woken_ahead_and_its_next_time_is_told() {
    let (app, client) = app().await;
    let id = id_of(&app.show(&client, "home").await);
    made(&client, json!({ "name": "report", "cron": "0 1 * * *", "message": { "text": "go" } })).await;
    client.post("/v1/boxes/home/sleep").await;
    app.settle().await;
    let sleep = app.show(&client, "home").await.sleep.expect("it sleeps");
    assert_eq!(sleep.due_at.as_deref(), Some("2026-01-01T01:00:00Z"));
    assert_eq!(sleep.due_why.as_deref(), Some("schedule `report`"));
    after(&app, SignedDuration::from_secs(3600 - 1)).await;
    assert_eq!(app.show(&client, "home").await.phase, "running", "a second ahead");
    assert!(said(&app).is_empty());
    after(&app, SignedDuration::from_secs(1)).await;
    assert_eq!((said(&app), app.provider.starts(id)), (vec!["go".to_owned()], 1));
}

#[tokio::test]
async fn a_schedule_that_is_made_or_removed_while_its_box_sleeps_counts_at_once() {
    let (app, client) = app().await;
    client.post("/v1/boxes/home/sleep").await;
    app.settle().await;
    let at = (app.clock.now() + hours(2)).to_string();
    let schedule = made(&client, json!({ "name": "once", "at": at, "wake": { "minutes": 30 } })).await;
    assert_eq!(app.show(&client, "home").await.sleep.unwrap().due_at, Some(at));
    let path = format!("{PATH}/{}", schedule.id);
    assert_eq!(client.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.show(&client, "home").await.sleep.unwrap().due_at, None);
    after(&app, hours(3)).await;
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");
    assert_eq!(client.get(&path).await.problem().code, "schedule-not-found");
}

#[tokio::test]
async fn a_woken_box_is_kept_awake_as_long_as_was_asked_for() {
    let app = TestApp::builder().sleep(smartbox_core::Thresholds::default()).start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    let at = (app.clock.now() + hours(1)).to_string();
    let schedule = made(&client, json!({ "name": "once", "at": at, "wake": { "minutes": 30 } })).await;
    after(&app, SignedDuration::from_mins(20)).await;
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");
    after(&app, SignedDuration::from_mins(40)).await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    after(&app, SignedDuration::from_mins(29)).await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    for _ in 0..12 {
        after(&app, SignedDuration::from_mins(1)).await;
    }
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");
    let schedule = seen(&client, &schedule.id).await;
    assert_eq!((schedule.next_at, schedule.last_run.unwrap().state.as_str()), (None, "done"));
}

#[tokio::test]
async fn what_was_missed_is_made_up_for_once_or_left_out() {
    let (mut app, client) = app().await;
    let once =
        made(&client, json!({ "name": "once", "cron": "0 * * * *", "message": { "text": "once" } })).await;
    let skip =
        json!({ "name": "skip", "cron": "0 * * * *", "message": { "text": "skip" }, "catch_up": "skip" });
    let skip = made(&client, skip).await;
    // The platform is down for seven hours.
    app.clock.advance(hours(7) + SignedDuration::from_mins(30));
    app.restart().await;
    app.settle().await;
    let client = app.first_tenant().await.client;
    assert_eq!(said(&app), ["once"]);
    let (once, skip) = (seen(&client, &once.id).await, seen(&client, &skip.id).await);
    let (ran, missed) = (once.last_run.unwrap(), skip.last_run.unwrap());
    assert_eq!((ran.state.as_str(), ran.due_at.as_str()), ("done", "2026-01-01T07:00:00Z"));
    assert_eq!((missed.state.as_str(), missed.due_at.as_str()), ("missed", "2026-01-01T07:00:00Z"));
    assert_eq!((once.next_at.clone(), once.next_at), (skip.next_at, Some("2026-01-01T08:00:00Z".into())));
}

#[tokio::test]
async fn a_stopped_box_and_a_held_one_are_left_alone_and_the_run_says_why() {
    let (app, client) = app().await;
    let schedule =
        made(&client, json!({ "name": "report", "cron": "0 * * * *", "message": { "text": "go" } })).await;
    client.post("/v1/boxes/home/sleep").await;
    app.settle().await;
    let hold = json!({ "reason": "x" });
    app.admin().change_json(Method::PUT, "/v1/orgs/home/holds/plan", &hold).await;
    after(&app, hours(1)).await;
    let run = seen(&client, &schedule.id).await.last_run.unwrap();
    assert_eq!(run.state, "failed");
    assert!(run.error.unwrap().contains("held back"));
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");
    app.admin().delete("/v1/orgs/home/holds/plan").await;
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    after(&app, hours(1)).await;
    let run = seen(&client, &schedule.id).await.last_run.unwrap();
    assert!(run.error.unwrap().contains("the box is stopped"));
    assert_eq!((app.show(&client, "home").await.phase.as_str(), said(&app).len()), ("stopped", 0));
}

#[tokio::test]
async fn a_schedule_that_is_off_does_nothing_and_its_past_is_not_made_up_for() {
    let (app, client) = app().await;
    let schedule =
        made(&client, json!({ "name": "report", "cron": "0 * * * *", "message": { "text": "go" } })).await;
    let path = format!("{PATH}/{}", schedule.id);
    let off: ScheduleView =
        client.change_json(Method::PATCH, &path, &json!({ "enabled": false })).await.json(StatusCode::OK);
    assert_eq!((off.enabled, off.next_at), (false, None));
    after(&app, hours(3)).await;
    let on: ScheduleView =
        client.change_json(Method::PATCH, &path, &json!({ "enabled": true })).await.json(StatusCode::OK);
    app.settle().await;
    assert!(said(&app).is_empty());
    assert_eq!(on.next_at.as_deref(), Some("2026-01-01T04:00:00Z"));
    let late = client.clone().with(http::HeaderName::from_static("if-match"), "\"1\"");
    let refused = late.change_json(Method::PATCH, &path, &json!({ "name": "other" })).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (412, "version-mismatch"));
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let (app, client) = app().await;
    for (body, fields) in [
        (
            json!({ "name": "", "cron": "soon", "time_zone": "Mars", "catch_up": "twice" }),
            vec!["name", "cron", "time_zone", "catch_up"],
        ),
        (json!({ "name": "x" }), vec!["cron"]),
        (json!({ "name": "x", "cron": "* * * * *", "at": "2027-01-01T00:00:00Z" }), vec!["at"]),
        (json!({ "name": "x", "at": "2025-01-01T00:00:00Z" }), vec!["at"]),
        (json!({ "name": "x", "cron": "0 0 30 2 *" }), vec!["cron"]),
        (json!({ "name": "x", "cron": "* * * * *", "wake": { "minutes": 0 } }), vec!["wake_minutes"]),
        (json!({ "name": "x", "cron": "* * * * *", "message": { "text": " " } }), vec!["message"]),
        (json!({ "name": "x", "cron": "* * * * *", "message": {} }), vec!["message.text"]),
        // One of the two databases cannot keep it, so neither does.
        (json!({ "name": "x", "cron": "* * * * *", "message": { "text": "a\0b" } }), vec!["request"]),
    ] {
        let problem = client.post_json(PATH, &body).await.problem();
        let told: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!((problem.status, told), (422, fields), "{body}");
    }
    let list: ScheduleList = client.get(PATH).await.json(StatusCode::OK);
    assert!(list.items.is_empty());
    drop(app);
}

#[tokio::test]
async fn who_may_not_talk_schedules_no_message_and_reads_none() {
    let (app, client) = app().await;
    let org = app.first_org().await.to_string();
    let (_, program) = app.program(&org, &["boxes:read", "boxes:operate"]).await;
    let message = json!({ "name": "x", "cron": "0 * * * *", "message": { "text": "secret words" } });
    let refused = program.post_json(PATH, &message).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "missing-permission"));
    let schedule = made(&client, message).await;
    assert!(!program.get(PATH).await.text().contains("secret words"));
    let path = format!("{PATH}/{}", schedule.id);
    let refused =
        program.change_json(Method::PATCH, &path, &json!({ "wake": { "minutes": 5 } })).await.problem();
    assert_eq!(refused.status, 403);
    let wake: ScheduleView =
        program.post_json(PATH, &json!({ "name": "y", "cron": "0 * * * *" })).await.json(StatusCode::CREATED);
    assert_eq!(wake.wake.unwrap().minutes, 10);
}

#[tokio::test]
async fn a_box_has_at_most_a_hundred_schedules_and_a_repeated_request_makes_one() {
    let (_app, client) = app().await;
    let keyed = client.clone().with(http::HeaderName::from_static("idempotency-key"), "k1");
    let body = json!({ "name": "x", "cron": "0 * * * *" });
    let first: ScheduleView = keyed.post_json(PATH, &body).await.json(StatusCode::CREATED);
    let again: ScheduleView = keyed.post_json(PATH, &body).await.json(StatusCode::CREATED);
    assert_eq!(first.id, again.id);
    for _ in 0..99 {
        made(&client, body.clone()).await;
    }
    let full = client.post_json(PATH, &body).await.problem();
    assert_eq!((full.status, full.code.as_str()), (409, "conflict"));
    let list: ScheduleList = client.get(PATH).await.json(StatusCode::OK);
    assert_eq!(list.items.len(), 100);
}

#[tokio::test]
async fn schedules_of_another_org_do_not_exist() {
    let (app, client) = app().await;
    let acme = app.tenant("acme").await.client;
    app.created_box(&acme, "home").await;
    let schedule = made(&client, json!({ "name": "x", "cron": "0 * * * *" })).await;
    let path = format!("{PATH}/{}", schedule.id);
    assert_eq!(acme.get(&path).await.problem().code, "schedule-not-found", "their box is another");
    assert_eq!(acme.delete(&path).await.problem().code, "schedule-not-found");
    let change = json!({ "name": "y" });
    assert_eq!(acme.change_json(Method::PATCH, &path, &change).await.problem().code, "schedule-not-found");
    assert_eq!(seen(&client, &schedule.id).await.version, 1);
}

#[tokio::test]
async fn an_idle_box_does_not_fall_asleep_just_before_its_schedule() {
    let app = TestApp::builder().sleep(smartbox_core::Thresholds::default()).start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    app.gateway.rest_next(Rest::Busy);
    let at: Timestamp = app.clock.now() + SignedDuration::from_secs(10 * 60 + 5);
    made(&client, json!({ "name": "x", "at": at.to_string() })).await;
    after(&app, SignedDuration::from_mins(10)).await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    let why: smartbox_api::WhyView = client.get("/v1/boxes/home/why").await.json(StatusCode::OK);
    assert_eq!((why.reasons[0].code.as_str(), why.reasons[0].in_ms), ("due-soon", Some(5000)));
}
