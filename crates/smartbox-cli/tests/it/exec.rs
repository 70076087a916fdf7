//! Commands in a box.

use std::pin::Pin;

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{Message, WebSocket};
use axum::routing::{any, post};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::fake::{Fake, problem};
use crate::run::smartbox;

/// A platform whose exec stream is carried on by this.
async fn streams<F, Fut>(session: F) -> Fake
where
    F: FnOnce(WebSocket) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let upgrade = any(move |upgrade: WebSocketUpgrade| async move { upgrade.on_upgrade(session) });
    Fake::start(Router::new().route("/v1/boxes/{id}/exec:stream", upgrade)).await
}

/// How a platform carries a stream on.
type Session = Pin<Box<dyn Future<Output = ()> + Send>>;

async fn receive(socket: &mut WebSocket) -> (u8, Vec<u8>) {
    loop {
        match socket.recv().await.unwrap().unwrap() {
            Message::Binary(frame) => return (frame[0], frame[1..].to_vec()),
            Message::Text(text) => return (b't', text.as_bytes().to_vec()),
            _ => {}
        }
    }
}

async fn send(socket: &mut WebSocket, channel: u8, payload: &[u8]) {
    let frame = [&[channel], payload].concat();
    socket.send(Message::Binary(frame.into())).await.unwrap();
}

async fn end(socket: &mut WebSocket, outcome: Value) {
    let mut control = outcome;
    control["type"] = "ended".into();
    send(socket, 3, control.to_string().as_bytes()).await;
}

fn exited(code: i32) -> Value {
    json!({"outcome": "exited", "code": code})
}

#[tokio::test]
async fn input_goes_in_output_comes_out_and_the_code_becomes_ours() {
    let (told, mut hears) = mpsc::channel(16);
    let fake = streams(move |mut socket| async move {
        told.send(receive(&mut socket).await).await.unwrap();
        let mut stdin = Vec::new();
        loop {
            let (channel, payload) = receive(&mut socket).await;
            assert_eq!(channel, 0);
            if payload.is_empty() {
                break;
            }
            stdin.extend(payload);
        }
        send(&mut socket, 1, &stdin).await;
        send(&mut socket, 2, b"\xffwarned\n").await;
        end(&mut socket, exited(42)).await;
    })
    .await;
    let words = ["exec", "--box", "home", "-e", "A=1", "-w", "/tmp", "--", "cat", "-n", "--json"];
    let ran = smartbox(&fake, &words).stdin("in\n").end().await;
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (42, "in\n", "\u{fffd}warned\n"));
    let (kind, start) = hears.recv().await.unwrap();
    let start: Value = serde_json::from_slice(&start).unwrap();
    assert_eq!(
        (kind, start),
        (b't', json!({"argv": ["cat", "-n", "--json"], "env": {"A": "1"}, "cwd": "/tmp"}))
    );
    assert_eq!(fake.lines(), ["GET /v1/boxes/home/exec:stream"]);
}

#[tokio::test]
async fn much_input_and_much_output_do_not_wait_for_each_other() {
    let fake = streams(|mut socket| async move {
        receive(&mut socket).await;
        // More output than any buffer holds, before the first byte of input is read.
        for _ in 0..100 {
            send(&mut socket, 1, &[b'x'; 60_000]).await;
        }
        let mut count = 0;
        loop {
            match receive(&mut socket).await {
                (0, bytes) if bytes.is_empty() => break,
                (_, bytes) => count += bytes.len(),
            }
        }
        assert_eq!(count, 8_000_000);
        end(&mut socket, exited(0)).await;
    })
    .await;
    let ran = smartbox(&fake, &["exec", "--", "cat"]).stdin(vec![b'y'; 8_000_000]).end().await;
    assert_eq!((ran.code, ran.stdout.len()), (0, 6_000_000));
}

#[tokio::test]
async fn without_input_the_command_sees_its_end_at_once() {
    let fake = streams(|mut socket| async move {
        receive(&mut socket).await;
        assert_eq!(receive(&mut socket).await, (0, Vec::new()));
        end(&mut socket, exited(0)).await;
    })
    .await;
    assert_eq!(smartbox(&fake, &["exec", "-n", "--", "cat"]).stdin("unread").end().await.code, 0);
}

#[tokio::test]
async fn a_signal_becomes_128_and_its_number() {
    let fake = streams(|mut socket| async move {
        end(&mut socket, json!({"outcome": "signalled", "signal": "KILL"})).await;
    })
    .await;
    assert_eq!(smartbox(&fake, &["exec", "--", "x"]).end().await.code, 137);
}

#[tokio::test]
async fn ctrl_c_goes_to_the_command() {
    let (press, interrupts) = watch::channel(0);
    let fake = streams(move |mut socket| async move {
        receive(&mut socket).await;
        receive(&mut socket).await;
        press.send_modify(|times| *times += 1);
        let (channel, control) = receive(&mut socket).await;
        assert_eq!((channel, control.as_slice()), (3, br#"{"type":"signal","signal":"INT"}"#.as_slice()));
        end(&mut socket, json!({"outcome": "signalled", "signal": "INT"})).await;
        // Without this the last sender would go, which is no Ctrl-C.
        drop(press);
    });
    let fake = fake.await;
    let ran = smartbox(&fake, &["exec", "--", "sleep", "9"]).interrupts(interrupts).end().await;
    assert_eq!(ran.code, 130, "{ran}");
}

#[tokio::test]
async fn a_command_that_does_not_mind_ctrl_c_can_be_left() {
    let (press, interrupts) = watch::channel(0);
    let fake = streams(move |mut socket| async move {
        receive(&mut socket).await;
        receive(&mut socket).await;
        for _ in 0..3 {
            press.send_modify(|times| *times += 1);
            receive(&mut socket).await;
        }
        while socket.recv().await.is_some_and(|message| message.is_ok()) {}
    })
    .await;
    let ran = smartbox(&fake, &["exec", "--", "sleep", "9"]).interrupts(interrupts).end().await;
    assert_eq!(ran.code, 130);
    assert!(ran.stderr.contains("Left the command"), "{ran}");
}

#[tokio::test]
async fn a_lost_connection_is_never_a_success() {
    let ways: [fn(WebSocket) -> Session; 3] = [
        |socket| Box::pin(async move { drop(socket) }),
        |mut socket| Box::pin(async move { socket.send(Message::Close(None)).await.unwrap() }),
        |mut socket| Box::pin(async move { end(&mut socket, json!({"outcome": "lost"})).await }),
    ];
    for way in ways {
        let ran = smartbox(&streams(way).await, &["exec", "--", "x"]).end().await;
        assert_eq!(ran.code, 7, "{ran}");
        assert!(ran.stderr.contains("connection to the box was lost"), "{ran}");
    }
}

#[tokio::test]
async fn a_command_that_cannot_start_is_told_with_its_remedy() {
    let fake = streams(|mut socket| async move {
        let failed = json!({"type": "failed", "problem": {"type": "", "title": "The box is stopped", "status": 409,
            "code": "box-stopped", "remedy": "Start it."}});
        send(&mut socket, 3, failed.to_string().as_bytes()).await;
    })
    .await;
    let ran = smartbox(&fake, &["exec", "--", "x"]).end().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (6, "error: The box is stopped\nhelp: Start it.\n"));
}

#[tokio::test]
async fn frames_that_break_the_protocol_are_refused() {
    let frames: [&[u8]; 4] = [b"", b"\x07x", b"\x03{", b"\x03{\"type\":\"dance\"}"];
    for frame in frames {
        let fake = streams(move |mut socket| async move {
            socket.send(Message::Binary(frame.to_vec().into())).await.unwrap();
            while socket.recv().await.is_some_and(|message| message.is_ok()) {}
        })
        .await;
        let ran = smartbox(&fake, &["exec", "--", "x"]).end().await;
        assert_eq!(ran.code, 1, "{ran}");
        assert!(ran.stderr.contains("could not be understood"), "{ran}");
    }
}

#[tokio::test]
async fn a_refused_stream_tells_its_problem() {
    let refuse =
        any(|| async { problem(json!({"type": "", "status": 404, "code": "x", "title": "No such box"})) });
    let fake = Fake::start(Router::new().route("/v1/boxes/{id}/exec:stream", refuse)).await;
    let ran = smartbox(&fake, &["exec", "--", "id"]).end().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (3, "error: No such box\n"));
    let fake =
        Fake::start(Router::new().route("/v1/boxes/{id}/exec:stream", any(|| async { "hello" }))).await;
    assert_eq!(smartbox(&fake, &["exec", "--", "id"]).end().await.code, 1);
}

#[tokio::test]
async fn json_runs_to_the_end_and_prints_one_document() {
    let result =
        json!({"outcome": "exited", "code": 3, "stdout": "out", "stderr": "err", "truncated": false});
    let answer = result.clone();
    let sync = post(move || async move { axum::Json(answer) });
    let fake = Fake::start(Router::new().route("/v1/boxes/{id}/exec:sync", sync)).await;
    let words = ["exec", "--json", "-i", "--timeout", "1m", "--", "cat"];
    let ran = smartbox(&fake, &words).stdin("in").end().await;
    assert_eq!((ran.code, serde_json::from_str::<Value>(&ran.stdout).unwrap()), (3, result));
    let body: Value = serde_json::from_str(&fake.seen()[0].body).unwrap();
    assert_eq!(body, json!({"argv": ["cat"], "stdin": "in", "timeout_ms": 60000}));
}

#[tokio::test]
async fn a_time_limit_is_only_for_json() {
    let fake = Fake::start(Router::new()).await;
    assert_eq!(smartbox(&fake, &["exec", "--timeout", "1m", "--", "id"]).end().await.code, 2);
}
