//! Chat.

use axum::Router;
use axum::routing::post;
use serde_json::{Value, json};

use crate::fake::{Fake, events};
use crate::run::{Ran, smartbox};

fn stream(messages: &[Value]) -> String {
    messages.iter().map(|m| format!("event: {}\ndata: {m}\n\n", m["type"].as_str().unwrap())).collect()
}

async fn answers(messages: &[Value]) -> Fake {
    let text = stream(messages);
    Fake::start(Router::new().route("/v1/boxes/{id}/messages", post(move || async move { events(text) })))
        .await
}

async fn chat(messages: &[Value]) -> Ran {
    smartbox(&answers(messages).await, &["chat", "hello"]).end().await
}

fn delta(text: &str) -> Value {
    json!({"type": "delta", "text": text})
}

fn whole(text: &str) -> Value {
    json!({"type": "final", "text": text})
}

#[tokio::test]
async fn the_answer_is_printed_as_it_comes_and_once() {
    let waiting = json!({"type": "waiting", "phase": "starting", "stage": "process"});
    let messages = [
        waiting,
        json!({"type": "started"}),
        delta("Hel"),
        delta("lo!\n"),
        delta("Bye"),
        whole("Hello!\nBye"),
    ];
    let ran = chat(&messages).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "Hello!\nBye\n"));
    assert_eq!(
        ran.stderr,
        "Waiting for the answer\nThe box is starting: starting (process)\nThe agent is at work\n"
    );
}

#[tokio::test]
async fn what_the_deltas_left_out_is_printed_too() {
    assert_eq!(chat(&[whole("Hello")]).await.stdout, "Hello\n");
    assert_eq!(chat(&[delta("Hel"), whole("Hello\n")]).await.stdout, "Hello\n");
    assert_eq!(chat(&[delta("Hm, wait"), whole("Hello")]).await.stdout, "Hm, wait\nHello\n");
    assert_eq!(chat(&[whole("")]).await.stdout, "");
}

#[tokio::test]
async fn json_is_one_event_a_line() {
    let messages = [json!({"type": "started"}), delta("Hi"), whole("Hi")];
    let ran = smartbox(&answers(&messages).await, &["chat", "--json", "hello"]).end().await;
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.as_slice(), ran.stderr.as_str()), (messages.as_slice(), ""));
}

#[tokio::test]
async fn text_and_session_reach_the_box_that_is_named() {
    let fake = answers(&[whole("ok")]).await;
    smartbox(&fake, &["chat", "--box", "lab", "--session", "s1", "hello there"]).end().await;
    let seen = &fake.seen()[0];
    assert_eq!(seen.line, "POST /v1/boxes/lab/messages");
    assert_eq!(
        serde_json::from_str::<Value>(&seen.body).unwrap(),
        json!({"text": "hello there", "session": "s1"})
    );
}

#[tokio::test]
async fn the_text_can_come_from_a_pipe() {
    let fake = answers(&[whole("ok")]).await;
    for words in [["chat"].as_slice(), &["chat", "-"]] {
        assert_eq!(smartbox(&fake, words).stdin("from a pipe").end().await.code, 0);
    }
    assert!(fake.seen().iter().all(|seen| seen.body == r#"{"text":"from a pipe"}"#));
}

#[tokio::test]
async fn an_empty_or_endless_text_is_a_usage_error() {
    let fake = answers(&[whole("ok")]).await;
    assert_eq!(smartbox(&fake, &["chat"]).stdin(" \n").end().await.code, 2);
    assert_eq!(smartbox(&fake, &["chat"]).stdin(vec![b'x'; 400_001]).end().await.code, 2);
    assert_eq!(smartbox(&fake, &["chat"]).stdin(vec![0xff]).end().await.code, 2);
    assert!(fake.lines().is_empty());
}

#[tokio::test]
async fn a_failed_answer_is_told_after_what_came_of_it() {
    let failed = json!({"type": "failed", "problem": {"type": "/docs/errors/model", "title": "The model did not answer",
        "status": 502, "code": "model", "remedy": "Check the key of the model."}});
    let ran = chat(&[delta("Well"), failed]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (7, "Well\n"));
    assert!(
        ran.stderr.ends_with("error: The model did not answer\nhelp: Check the key of the model.\n"),
        "{ran}"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_failure() {
    let ran = chat(&[delta("Well")]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (7, "Well\n"));
    assert!(ran.stderr.contains("broke off"), "{ran}");
}

#[tokio::test]
async fn an_event_that_is_none_of_ours_is_told() {
    let fake = Fake::start(
        Router::new().route("/v1/boxes/{id}/messages", post(|| async { events("data: hi\n\n") })),
    )
    .await;
    assert_eq!(smartbox(&fake, &["chat", "hello"]).end().await.code, 1);
}

#[tokio::test]
async fn ctrl_c_leaves_and_says_that_the_agent_goes_on() {
    let (press, interrupts) = tokio::sync::watch::channel(0);
    let press = std::sync::Arc::new(press);
    let stream = move || {
        let press = std::sync::Arc::clone(&press);
        async move {
            let begins = futures_util::stream::iter([Ok::<_, std::io::Error>(stream(&[delta("Well")]))]);
            let stays = futures_util::stream::once(async move {
                press.send_modify(|times| *times += 1);
                std::future::pending().await
            });
            let body = axum::body::Body::from_stream(futures_util::StreamExt::chain(begins, stays));
            axum::response::IntoResponse::into_response(([("content-type", "text/event-stream")], body))
        }
    };
    let fake = Fake::start(Router::new().route("/v1/boxes/{id}/messages", post(stream))).await;
    let ran = smartbox(&fake, &["chat", "hello"]).interrupts(interrupts).end().await;
    assert_eq!(ran.code, 130);
    assert!(ran.stderr.contains("the agent finishes its answer"), "{ran}");
}
