//! Logs as streams of events.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderName, StatusCode};
use smartbox_core::BoxId;
use smartbox_provider::LogSource;
use smartbox_provider::fake::{Call, Failure};
use smartbox_testkit::{Client, EventStream, StreamEvent, TestApp, id_of};
use tokio::time::timeout;

async fn app_with_log(text: &str) -> (TestApp, Client, BoxId) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.write_log(id, LogSource::Gateway, text);
    (app, client, id)
}

async fn next(stream: &mut EventStream) -> StreamEvent {
    timeout(Duration::from_secs(10), stream.next())
        .await
        .expect("an event comes")
        .expect("the stream goes on")
}

#[tokio::test]
async fn the_last_lines_are_told_and_then_the_end() {
    let (_app, client, _id) = app_with_log("one\ntwo\nthree\n").await;
    let mut stream = client.events("/v1/boxes/home/logs?tail=2").await;
    assert_eq!(stream.status, StatusCode::OK);
    assert_eq!(stream.headers[CONTENT_TYPE], "text/event-stream");
    assert_eq!(stream.headers["cache-control"], "no-store");
    let events = stream.rest().await;
    let lines: Vec<_> = events.iter().map(|event| (event.name.as_str(), event.data.as_str())).collect();
    assert_eq!(lines, [("", "two"), ("", "three"), ("end", "{}")]);
}

#[tokio::test]
async fn a_followed_log_goes_on_until_the_client_leaves() {
    let (app, client, id) = app_with_log("one\n").await;
    let mut stream = client.events("/v1/boxes/home/logs?tail=1&follow=true").await;
    assert_eq!(next(&mut stream).await.data, "one");
    app.provider.write_log(id, LogSource::Gateway, "two\nthree\n");
    assert_eq!(next(&mut stream).await.data, "two");
    assert_eq!(next(&mut stream).await.data, "three");
    drop(stream);
    let reads = app.provider.calls(Call::Logs);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(app.provider.calls(Call::Logs), reads, "nobody reads for a client that is gone");
}

#[tokio::test]
async fn a_client_that_comes_back_goes_on_where_it_was() {
    let (app, client, id) = app_with_log("one\ntwo\n").await;
    let events = client.events("/v1/boxes/home/logs").await.rest().await;
    let last = events.iter().filter_map(|event| event.id.clone()).next_back().expect("a position");
    app.provider.write_log(id, LogSource::Gateway, "three\nfour\n");

    let client = client.with(HeaderName::from_static("last-event-id"), &last);
    let lines: Vec<_> = client.events("/v1/boxes/home/logs").await.rest().await;
    let lines: Vec<_> = lines.iter().map(|event| event.data.as_str()).collect();
    assert_eq!(lines, ["three", "four", "{}"]);
}

#[tokio::test]
async fn a_stop_of_the_platform_ends_a_followed_log_without_calling_it_complete() {
    let (app, client, _id) = app_with_log("one\n").await;
    let mut stream = client.events("/v1/boxes/home/logs?tail=1&follow=true").await;
    assert_eq!(next(&mut stream).await.data, "one");
    app.stop_signal().cancel();
    let rest = timeout(Duration::from_secs(10), stream.rest()).await.expect("the stream ends");
    assert_eq!(rest, []);
}

#[tokio::test]
async fn the_supervisors_log_is_another_one_and_a_stopped_box_has_both() {
    let (app, client, id) = app_with_log("gateway\n").await;
    app.provider.write_log(id, LogSource::Boxd, "boxd\n");
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    for (source, line) in [("gateway", "gateway"), ("boxd", "boxd")] {
        let path = format!("/v1/boxes/home/logs?tail=1&source={source}");
        assert_eq!(client.events(&path).await.next().await.unwrap().data, line);
    }
    assert_eq!(app.show(&client, "home").await.desired, "stopped", "reading starts nothing");
}

#[tokio::test]
async fn a_line_with_carriage_returns_stays_one_event() {
    let (_app, client, _id) = app_with_log("10%\r20%\r\n: no comment\ndata: no field\n\n").await;
    let events = client.events("/v1/boxes/home/logs?tail=4").await.rest().await;
    let lines: Vec<_> = events.iter().map(|event| event.data.as_str()).collect();
    assert_eq!(lines, ["10%\n20%", ": no comment", "data: no field", "", "{}"]);
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_told_in_the_stream() {
    let (app, client, _id) = app_with_log("one\n").await;
    app.expect_log("a request failed");
    app.provider.fail_next(Call::Logs, 1, Failure::Transient("the disk is away: /secret/path".to_owned()));
    let event = client.events("/v1/boxes/home/logs").await.next().await.unwrap();
    assert_eq!(event.name, "problem");
    let problem: smartbox_api::Problem = event.json();
    assert_eq!((problem.status, problem.code.as_str()), (500, "platform-failed"));
    assert!(!event.data.contains("secret"), "{event:?}");
}

#[tokio::test]
async fn a_position_that_is_none_is_refused() {
    let (_app, client, _id) = app_with_log("one\n").await;
    for bad in ["x", "-1", "99999999999999999999999"] {
        let client = client.clone().with(HeaderName::from_static("last-event-id"), bad);
        let problem = client.get("/v1/boxes/home/logs").await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "Last-Event-ID"), "{bad}");
    }
}

#[tokio::test]
async fn a_followed_log_ends_with_the_right_to_follow_it() {
    let (app, _owner, id) = app_with_log("one\n").await;
    let tenant = app.first_tenant().await;
    let (bob, browser) = app.member(&tenant.org, "bob", "viewer").await;
    let (made, program) = app.program(&tenant.org, &["boxes:read"]).await;
    let mut streams = Vec::new();
    for client in [&tenant.client, &browser, &program] {
        let mut stream = client.events("/v1/boxes/home/logs?tail=1&follow=true").await;
        assert_eq!(next(&mut stream).await.data, "one");
        streams.push(stream);
    }
    let frozen = serde_json::json!({ "status": "frozen" });
    tenant.client.change_json(http::Method::PATCH, &format!("/v1/users/{}", bob.id), &frozen).await;
    tenant.client.delete(&format!("/v1/tokens/{}", made.token.id)).await;
    let (mut ours, rest) = (streams.remove(0), streams);
    for mut stream in rest {
        let ended = timeout(Duration::from_secs(10), stream.next()).await.expect("it ends");
        assert_eq!(ended, None, "without another line, and without saying that the log has ended");
    }
    app.provider.write_log(id, LogSource::Gateway, "two\n");
    assert_eq!(next(&mut ours).await.data, "two", "that of others goes on");
}

/// The lines of a log that is not followed.
async fn lines(client: &Client, query: &str) -> Vec<String> {
    let mut events = client.events(&format!("/v1/boxes/home/logs?{query}")).await.rest().await;
    assert_eq!(events.pop().map(|event| event.name).as_deref(), Some("end"), "{query}");
    events.into_iter().map(|event| event.data).collect()
}

#[tokio::test]
async fn what_the_platform_did_is_told_by_source_and_each_line_by_one() {
    let (app, client, id) = app_with_log("one\n").await;
    app.control.note_egress_refused(id, "ads.example:443", "denied", "the rule denies it").await.unwrap();
    let system = lines(&client, "source=system").await;
    assert!(
        system[0].contains("box.created") && system.iter().any(|line| line.contains("box.ready")),
        "{system:?}"
    );
    let egress = lines(&client, "source=egress").await;
    assert!(egress.len() == 1 && egress[0].contains("ads.example:443"), "{egress:?}");
    assert!(lines(&client, "source=ssh").await.is_empty());
    assert_eq!(lines(&client, "source=system&tail=1").await, system[system.len() - 1..]);
    let problem = client.get("/v1/boxes/home/logs?source=kernel").await.problem();
    assert_eq!(problem.errors[0].field, "source");
}

#[tokio::test]
async fn a_followed_log_of_events_goes_on_where_it_was() {
    let (app, client, _id) = app_with_log("one\n").await;
    let told = client.events("/v1/boxes/home/logs?source=system").await.rest().await;
    let last = told.iter().filter_map(|event| event.id.clone()).next_back().expect("a position");
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    let client = client.with(HeaderName::from_static("last-event-id"), &last);
    let mut stream = client.events("/v1/boxes/home/logs?source=system&follow=true").await;
    assert!(next(&mut stream).await.data.contains("box.stop-requested"));
}

#[tokio::test]
async fn lines_are_searched_and_cut_to_a_span_of_time() {
    let text = "2026-01-01T00:00:01Z one ERROR\n  at one\n2026-01-01T00:00:02Z two error\n2026-01-01T00:00:03Z three\n";
    let (_app, client, _id) = app_with_log(text).await;
    assert_eq!(lines(&client, "search=Error").await.len(), 2);
    assert_eq!(lines(&client, "since=2026-01-01T00:00:02Z").await.len(), 2);
    let span = lines(&client, "since=2026-01-01T00:00:01Z&until=2026-01-01T00:00:02Z").await;
    assert_eq!(span, ["2026-01-01T00:00:01Z one ERROR", "  at one"]);
    assert_eq!(
        lines(&client, "search=error&since=2026-01-01T00:00:02Z").await,
        ["2026-01-01T00:00:02Z two error"]
    );
    let long = "x".repeat(201);
    for (query, field) in
        [("search=", "search"), (&*format!("search={long}"), "search"), ("since=now", "since")]
    {
        assert_eq!(
            client.get(&format!("/v1/boxes/home/logs?{query}")).await.problem().errors[0].field,
            field
        );
    }
}

#[tokio::test]
async fn a_search_keeps_the_position_of_what_it_looked_at() {
    let (app, client, id) = app_with_log("one\ntwo\nthree\n").await;
    let told = client.events("/v1/boxes/home/logs?search=one").await.rest().await;
    let last = told.iter().filter_map(|event| event.id.clone()).next_back().expect("a position");
    app.provider.write_log(id, LogSource::Gateway, "one again\n");
    let client = client.with(HeaderName::from_static("last-event-id"), &last);
    assert_eq!(lines(&client, "search=one").await, ["one again"]);
}
