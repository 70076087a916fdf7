//! Chat with the agent of a box.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use smartbox_api::MessageEvent;
use smartbox_core::DeathReason;
use smartbox_provider::fake::{Call, Failure};
use smartbox_testkit::gateway::Reply;
use smartbox_testkit::{Client, TestApp, id_of};

async fn say(client: &Client, text: &str) -> Vec<MessageEvent> {
    let mut stream = client.post_events("/v1/boxes/home/messages", &json!({ "text": text })).await;
    assert_eq!(stream.status, StatusCode::OK);
    let events = stream.rest().await;
    let told: Vec<MessageEvent> = events.iter().map(smartbox_testkit::StreamEvent::json).collect();
    for (event, told) in events.iter().zip(&told) {
        assert_eq!(serde_json::to_value(told).unwrap()["type"], event.name, "the event's name is its type");
    }
    told
}

fn delta(text: &str) -> MessageEvent {
    MessageEvent::Delta { text: text.to_owned() }
}

fn code(event: Option<&MessageEvent>) -> &str {
    match event {
        Some(MessageEvent::Failed { problem }) => &problem.code,
        other => panic!("{other:?}"),
    }
}

async fn app_with_running_box() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    (app, client)
}

#[tokio::test]
async fn an_answer_is_streamed_in_pieces_and_then_as_a_whole() {
    let (app, client) = app_with_running_box().await;
    app.gateway.reply_next(Reply::text(&["Hel", "lo."]));
    let events = say(&client, "hi").await;
    let whole = MessageEvent::Final { text: "Hello.".to_owned() };
    assert_eq!(events, [MessageEvent::Started, delta("Hel"), delta("lo."), whole]);

    let received = app.gateway.received();
    assert_eq!((received[0].session.as_str(), received[0].text.as_str()), ("agent:main:main", "hi"));
}

#[tokio::test]
async fn a_message_goes_to_the_session_it_names() {
    let (app, client) = app_with_running_box().await;
    let body = json!({ "text": "hi", "session": "agent:main:work" });
    client.post_events("/v1/boxes/home/messages", &body).await.rest().await;
    assert_eq!(app.gateway.received()[0].session, "agent:main:work");
}

#[tokio::test]
async fn a_message_to_a_stopped_box_starts_it_and_tells_how_far_it_is() {
    let (mut app, client) = app_with_running_box().await;
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    app.provider.set_ready_after(Some(Duration::from_millis(100)));
    app.run_loops();
    let events = say(&client, "hi").await;
    assert!(matches!(&events[0], MessageEvent::Waiting { phase, .. } if phase == "stopped"), "{events:?}");
    assert!(
        events
            .iter()
            .any(|event| matches!(event, MessageEvent::Waiting { phase, .. } if phase == "starting")),
        "{events:?}"
    );
    assert_eq!(events.last(), Some(&MessageEvent::Final { text: "You said: hi".to_owned() }));
}

#[tokio::test]
async fn a_turn_that_fails_is_told_with_the_agents_words() {
    let (app, client) = app_with_running_box().await;
    app.gateway.reply_next(Reply::Error("the model is overloaded".to_owned()));
    app.gateway.reply_next(Reply::Aborted);
    app.gateway.reply_next(Reply::Refused("INVALID_REQUEST".to_owned(), "no such session".to_owned()));
    app.gateway.reply_next(Reply::Hangup(vec!["Hel".to_owned()]));
    for words in ["the model is overloaded", "aborted", "no such session", "closed"] {
        let events = say(&client, "hi").await;
        let Some(MessageEvent::Failed { problem }) = events.last() else { panic!("{events:?}") };
        assert_eq!((problem.status, problem.code.as_str()), (502, "agent-failed"));
        assert!(problem.detail.as_deref().unwrap().contains(words), "{problem:?}");
        assert!(problem.instance.is_some());
    }
}

#[tokio::test]
async fn a_message_to_a_failed_box_is_answered_with_what_failed() {
    let (app, client) = app_with_running_box().await;
    let id = id_of(&app.show(&client, "home").await);
    app.provider.die(id, DeathReason::Config);
    app.settle().await;
    let events = say(&client, "hi").await;
    assert_eq!(code(events.last()), "box-failed");
    assert_eq!(app.gateway.received(), []);
}

#[tokio::test]
async fn a_message_to_a_deleted_box_does_not_bring_it_back() {
    let (app, client) = app_with_running_box().await;
    client.delete("/v1/boxes/home").await;
    app.settle().await;
    assert_eq!(code(say(&client, "hi").await.last()), "box-deleted");
    assert_eq!(app.show(&client, "home").await.desired, "deleted");
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_told_as_a_thing_that_passes() {
    let (app, client) = app_with_running_box().await;
    app.provider.fail_next(Call::Dial, 1, Failure::Transient("as the test says".to_owned()));
    let events = say(&client, "hi").await;
    let Some(MessageEvent::Failed { problem }) = events.last() else { panic!("{events:?}") };
    assert_eq!((problem.code.as_str(), problem.retry_after_ms), ("box-unavailable", Some(2000)));
}

#[tokio::test]
async fn a_box_that_does_not_become_ready_in_time_is_told_as_such() {
    let app = TestApp::builder().limits(|limits| limits.ready_wait = Duration::from_millis(50)).start().await;
    app.provider.set_ready_after(None);
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    app.settle().await;
    assert_eq!(code(say(&client, "hi").await.last()), "box-unavailable");
}
