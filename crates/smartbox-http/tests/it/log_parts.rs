//! Logs that are put together of several parts.

use std::time::Duration;

use http::{HeaderName, StatusCode};
use jiff::SignedDuration;
use smartbox_control::{BoxConnection, Came, Clock as _, ModelCall};
use smartbox_core::BoxId;
use smartbox_core::models::Tokens;
use smartbox_provider::fake::{Call, Failure};
use smartbox_provider::{LogSource, Provider as _};
use smartbox_testkit::{Client, StreamEvent, TestApp, id_of};

async fn world() -> (TestApp, Client, BoxId) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    (app, client, id)
}

/// Lets the clock go on and a connection end.
async fn connect(app: &TestApp, id: BoxId, target: &str) {
    app.clock.advance(SignedDuration::from_secs(1));
    let came = Came::Ended { how: "complete", took: Duration::from_millis(1500), sent: 7, received: 14 };
    let connection = BoxConnection { box_id: id, target: target.to_owned(), came };
    assert_eq!(app.control.note_connections(&[connection]).await, 0);
}

/// Lets the clock go on and a call of a model end, whose price is a bit more than a cent.
async fn call(app: &TestApp, id: BoxId, model: &str) {
    let at = app.clock.now();
    app.clock.advance(SignedDuration::from_secs(1));
    let call = ModelCall {
        box_id: id,
        at,
        via: None,
        dialect: "openai".to_owned(),
        path: "/v1/responses".to_owned(),
        model: model.to_owned(),
        provider: Some("somebody".to_owned()),
        status: Some(200),
        outcome: "complete".to_owned(),
        code: None,
        tokens: Tokens { input: 11, output: 22, cache_read: 33, cache_write: 44 },
        nanos: 12_300_000,
        is_estimated: false,
        is_cached: false,
        duration_ms: 1000,
        prompt: Some("what I asked".to_owned()),
    };
    app.control.record_model_calls(&[call]).await.unwrap();
}

async fn refuse(app: &TestApp, id: BoxId, target: &str) {
    app.clock.advance(SignedDuration::from_secs(1));
    app.control.note_egress_refused(id, target, "denied", "the rule denies it").await.unwrap();
}

async fn events(client: &Client, query: &str) -> Vec<StreamEvent> {
    let mut events = client.events(&format!("/v1/boxes/home/logs?source=egress{query}")).await.rest().await;
    assert_eq!(events.pop().map(|event| event.name).as_deref(), Some("end"), "{query}");
    events
}

/// The first of these words that each line has.
fn named(events: &[StreamEvent], words: &[&'static str]) -> Vec<&'static str> {
    let word = |event: &StreamEvent| words.iter().find(|word| event.data.contains(**word)).copied();
    events.iter().map(|event| word(event).unwrap_or_else(|| panic!("{event:?}"))).collect()
}

#[tokio::test]
async fn connections_calls_and_refusals_are_one_log_in_the_order_of_their_ends() {
    let (app, client, id) = world().await;
    connect(&app, id, "one.example:443").await;
    refuse(&app, id, "two.example:443").await;
    call(&app, id, "three").await;
    connect(&app, id, "four.example:443").await;
    let told = events(&client, "").await;
    let words = ["one.example", "two.example", "three", "four.example"];
    assert_eq!(named(&told, &words), words);
    let has =
        |line: usize, text: &str| assert!(told[line].data.contains(text), "{text}: {}", told[line].data);
    has(0, "egress.connection");
    has(0, r#"{"end":"complete","ms":1500,"received":14,"sent":7}"#);
    for text in ["model.call", "somebody", r#""input":11"#, r#""usd":"0.012300000""#, r#""status":200"#] {
        has(2, text);
    }
    assert!(!told[2].data.contains("asked"), "nothing of what was said: {}", told[2].data);
    assert_eq!(named(&events(&client, "&tail=2").await, &words), ["three", "four.example"]);
    assert_eq!(named(&events(&client, "&search=THREE").await, &words), ["three"]);
    let until = format!("&until={}", app.clock.now());
    assert_eq!(named(&events(&client, &until).await, &words), ["one.example", "two.example", "three"]);
}

#[tokio::test]
async fn a_client_that_comes_back_misses_nothing_of_any_part_and_reads_nothing_twice() {
    let (app, client, id) = world().await;
    connect(&app, id, "one.example:443").await;
    call(&app, id, "two").await;
    refuse(&app, id, "three.example:443").await;
    let told = events(&client, "").await;
    let last = told.iter().filter_map(|event| event.id.clone()).next_back().expect("a position");
    refuse(&app, id, "four.example:443").await;
    connect(&app, id, "five.example:443").await;
    call(&app, id, "six").await;
    let back = client.clone().with(HeaderName::from_static("last-event-id"), &last);
    let words = ["four.example", "five.example", "six"];
    assert_eq!(named(&events(&back, "").await, &words), words);
    let elsewhere = back.get("/v1/boxes/home/logs?source=gateway").await.problem();
    assert_eq!(elsewhere.errors[0].field, "Last-Event-ID", "it is a position in another log");
}

#[tokio::test]
async fn a_followed_log_goes_on_with_every_part() {
    let (app, client, id) = world().await;
    connect(&app, id, "before.example:443").await;
    let mut stream = client.events("/v1/boxes/home/logs?source=egress&tail=1&follow=true").await;
    let mut next =
        async || tokio::time::timeout(Duration::from_secs(10), stream.next()).await.unwrap().unwrap();
    let before = next().await;
    assert!(before.data.contains("before.example"), "{before:?}");
    call(&app, id, "one").await;
    let first = next().await;
    assert!(first.data.contains("model.call") && first.data.contains("one"), "{first:?}");
    connect(&app, id, "two.example:443").await;
    let second = next().await;
    assert!(second.data.contains("two.example"), "{second:?}");
    refuse(&app, id, "three.example:443").await;
    let third = next().await;
    assert!(third.data.contains("three.example"), "{third:?}");
}

#[tokio::test]
async fn what_did_not_come_about_is_told_with_its_reason_on_one_line() {
    let (app, client, id) = world().await;
    let failed = Came::Failed { reason: "unresolved", message: "no\naddress".to_owned() };
    let refused = Came::Refused { reason: "denied", message: "the rule denies it".to_owned() };
    let of = |target: &str, came| BoxConnection { box_id: id, target: target.to_owned(), came };
    let both = [of("a.example:443", failed), of("b.example:443", refused)];
    assert_eq!(app.control.note_connections(&both).await, 0);
    let told = events(&client, "").await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].data.contains("failed") && told[0].data.contains("no address"), "{told:?}");
    assert!(told[1].data.contains("refused") && told[1].data.contains(r#"{"reason":"denied"}"#), "{told:?}");
}

#[tokio::test]
async fn what_the_disk_does_not_take_is_counted_and_the_box_of_another_is_not_hit() {
    let (app, client, id) = world().await;
    app.expect_log("connections of a box were not put down");
    app.provider.fail_next(Call::AppendLog, 1, Failure::Transient("the disk is full".to_owned()));
    let came = Came::Failed { reason: "unresolved", message: String::new() };
    let lost = BoxConnection { box_id: id, target: "a.example:443".to_owned(), came };
    assert_eq!(app.control.note_connections(&[lost.clone(), lost.clone()]).await, 2);
    assert_eq!(app.control.note_connections(&[lost]).await, 0, "the next one is taken");
    assert_eq!(events(&client, "").await.len(), 1);
}

#[tokio::test]
async fn how_a_gateway_ended_is_told_in_the_log_of_the_system() {
    let (app, client, id) = world().await;
    app.provider.restart_gateway(id, true);
    app.settle().await;
    app.provider.die(id, smartbox_core::DeathReason::Crashed { code: 3 });
    app.settle().await;
    let lines = client.events("/v1/boxes/home/logs?source=system").await.rest().await;
    let line = |action: &str| {
        let found = lines.iter().find(|line| line.data.contains(action));
        found.unwrap_or_else(|| panic!("{action}: {lines:#?}")).data.clone()
    };
    assert!(line("box.out-of-memory").ends_with(r#"{"oom_kills":1}"#), "{lines:#?}");
    assert!(line("box.gateway-restarted").ends_with(r#"{"exit_code":137,"signal":9}"#), "{lines:#?}");
    assert!(line("box.died").ends_with(r#"{"exit_code":3}"#), "{lines:#?}");
}

#[tokio::test]
async fn a_copy_of_a_box_has_nothing_of_its_connections() {
    let (app, client, _home) = crate::backups::app().await;
    let id = id_of(&app.show(&client, "home").await);
    connect(&app, id, "one.example:443").await;
    let wish = serde_json::json!({ "name": "copy" });
    let copied = app.back_up_for(client.post_json("/v1/boxes/home/clone", &wish)).await;
    assert_eq!(copied.status, StatusCode::ACCEPTED);
    app.settle().await;
    let copy = id_of(&app.show(&client, "copy").await);
    let read = async |id| app.provider.logs(id, LogSource::Connections, None, 10).await.unwrap().bytes;
    assert!(!read(id).await.is_empty());
    assert!(read(copy).await.is_empty());
}
