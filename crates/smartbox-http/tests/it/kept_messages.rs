//! Messages whose answers are read later, and the sessions of agents.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use smartbox_api::{AgentSessionList, MessageView};
use smartbox_testkit::gateway::Reply;
use smartbox_testkit::{Client, TestApp, wait_for};

const PATH: &str = "/v1/boxes/home/messages";

async fn app_with_running_box() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    (app, client)
}

#[tokio::test]
async fn an_answer_that_comes_soon_is_the_answer_and_can_be_read_again() {
    let (_app, client) = app_with_running_box().await;
    let said = json!({ "text": "hi", "stream": false });
    let message: MessageView = client.post_json(PATH, &said).await.json(StatusCode::OK);
    assert_eq!((message.state.as_str(), message.answer.as_deref()), ("answered", Some("You said: hi")));
    let again: MessageView = client.get(&message.path).await.json(StatusCode::OK);
    assert_eq!(again, message);
}

#[tokio::test]
async fn a_turn_that_fails_is_told_with_the_agents_words() {
    let (app, client) = app_with_running_box().await;
    app.gateway.reply_next(Reply::Error("the model is overloaded".to_owned()));
    let said = json!({ "text": "hi", "stream": false });
    let message: MessageView = client.post_json(PATH, &said).await.json(StatusCode::OK);
    assert_eq!(message.state, "failed");
    assert!(message.why.unwrap().contains("the model is overloaded"));
}

#[tokio::test]
async fn after_25_seconds_the_answer_says_where_it_can_be_read_later_and_the_turn_goes_on() {
    let (app, client) = app_with_running_box().await;
    app.gateway.reply_next(Reply::Silence);
    let said = json!({ "text": "think", "stream": false });
    let mut request = client.json_request(PATH, &said);
    request.headers_mut().insert("idempotency-key", "once".parse().unwrap());
    let mut sent = tokio::task::JoinSet::new();
    let sender = client.clone();
    sent.spawn(async move { sender.send(request).await });
    let said_to = || async { app.gateway.received().len() };
    wait_for("the message", Duration::from_secs(20), said_to, |count| *count == 1).await;
    // A clock that stands still while the database works would run ahead of it.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(26)).await;
    tokio::time::resume();
    let pending: MessageView = sent.join_next().await.unwrap().unwrap().json(StatusCode::ACCEPTED);
    assert_eq!((pending.state.as_str(), pending.answer.clone()), ("running", None));
    let mut request = client.json_request(PATH, &said);
    request.headers_mut().insert("idempotency-key", "once".parse().unwrap());
    let replayed: MessageView = client.send(request).await.json(StatusCode::ACCEPTED);
    assert_eq!(replayed.id, pending.id);
    assert_eq!(app.gateway.received().len(), 1, "it was said once");
    // A platform that is gone says nothing any more.
    app.clock.advance(jiff::SignedDuration::from_secs(61));
    let state = || async { client.get(&pending.path).await.json::<MessageView>(StatusCode::OK).state };
    assert_eq!(state().await, "lost");
    // This one does: somebody waits after all.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(16)).await;
    tokio::time::resume();
    wait_for("the sign that it is waited for", Duration::from_secs(20), state, |state| state == "running")
        .await;
    app.clock.advance(jiff::SignedDuration::from_secs(61));
    assert_eq!(state().await, "lost");
    app.clock.advance(jiff::SignedDuration::from_hours(25));
    assert_eq!(client.get(&pending.path).await.problem().code, "message-not-found");
}

#[tokio::test]
async fn another_orgs_message_does_not_exist_and_whoever_only_looks_reads_none() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    app.running_box(&tenant.client, "home").await;
    let said = json!({ "text": "hi", "stream": false });
    let message: MessageView = tenant.client.post_json(PATH, &said).await.json(StatusCode::OK);
    let acme = app.tenant("acme").await.client;
    assert_eq!(acme.get(&message.path).await.problem().code, "box-not-found");
    app.running_box(&acme, "home").await;
    let stolen = format!("/v1/boxes/home/messages/{}", message.id);
    assert_eq!(acme.get(&stolen).await.problem().code, "message-not-found");
    let (_token, reader) = app.program(&tenant.org, &["boxes:read"]).await;
    assert_eq!(reader.get(&message.path).await.problem().code, "missing-permission");
}

#[tokio::test]
async fn of_a_box_the_last_hundred_messages_are_kept() {
    let (app, client) = app_with_running_box().await;
    let said = json!({ "text": "hi", "stream": false });
    let first: MessageView = client.post_json(PATH, &said).await.json(StatusCode::OK);
    for _ in 0..100 {
        app.clock.advance(jiff::SignedDuration::from_secs(1));
        client.post_json(PATH, &said).await;
    }
    assert_eq!(client.get(&first.path).await.problem().code, "message-not-found");
}

#[tokio::test]
async fn sessions_are_those_of_the_gateway_and_looking_wakes_no_box() {
    let (app, client) = app_with_running_box().await;
    client.post_json(PATH, &json!({ "text": "hi", "session": "agent:main:work", "stream": false })).await;
    let list: AgentSessionList = client.get("/v1/boxes/home/sessions").await.json(StatusCode::OK);
    assert_eq!(list.items.len(), 1);
    assert_eq!(list.items[0].key, "agent:main:work");
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    let problem = client.get("/v1/boxes/home/sessions").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (409, "conflict"));
    assert_eq!(app.show(&client, "home").await.phase, "stopped");
}
