use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use smartbox_openclaw::client::{ChatEvent, SuspendState, Timeouts};
use smartbox_openclaw::{ClientError, GatewayClient};
use tokio::io::DuplexStream;

use crate::gateway::{Gateway, Script, hello};

const SESSION: &str = "agent:main:main";

async fn connect(stream: DuplexStream) -> Result<GatewayClient, ClientError> {
    GatewayClient::connect(stream, &SecretString::from("token")).await
}

#[tokio::test]
async fn the_platform_connects_as_administrator_without_a_device() {
    let (stream, script) = Script::run(async |stream| {
        let mut gateway = Gateway::accept(stream).await?;
        let connect = gateway.request("connect").await?;
        assert_eq!(connect["params"]["minProtocol"], 4);
        assert_eq!(connect["params"]["client"]["id"], "gateway-client");
        assert!(connect["params"].get("device").is_none());
        assert_eq!(gateway.headers["x-smartbox-user-746f6b656e"], "admin");
        assert_eq!(gateway.headers["x-forwarded-for"], "192.0.2.1");
        gateway.answer(&connect, hello()).await?;
        gateway.wait_for_close().await
    });
    let client = connect(stream).await.unwrap();
    assert_eq!(client.hello().version, "2026.9.6");
    assert_eq!(client.hello().scopes, ["operator.admin"]);
    drop(client);
    script.finish().await;
}

#[tokio::test]
async fn a_refused_connection_says_why() {
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::accept(stream).await?;
        let connect = gateway.request("connect").await?;
        let details = json!({ "code": "DEVICE_IDENTITY_REQUIRED" });
        gateway
            .refuse(
                &connect,
                json!({ "code": "NOT_PAIRED", "message": "device identity required", "details": details }),
            )
            .await?;
        gateway.close().await
    });
    match connect(stream).await.err().unwrap() {
        ClientError::Refused { code, message, retry_after } => {
            assert_eq!(
                (code.as_str(), message.as_str(), retry_after),
                ("NOT_PAIRED", "device identity required", None)
            );
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_upgrade_that_is_answered_with_a_status_is_told() {
    let (stream, _script) = Script::run(async |mut stream: DuplexStream| {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut head = vec![0; 4096];
        let _ = stream.read(&mut head).await?;
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await?;
        Ok(())
    });
    let error = connect(stream).await.err().unwrap();
    assert!(matches!(error, ClientError::Upgrade { status: 403 }), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_never_speaks_is_given_up() {
    let (stream, _kept) = tokio::io::duplex(1024);
    let timeouts = Timeouts { connect: Duration::from_secs(3), call: Duration::from_secs(3) };
    let error = GatewayClient::connect_with(stream, &[], timeouts).await.err().unwrap();
    assert!(matches!(error, ClientError::Slow { .. }), "{error}");
}

#[tokio::test]
async fn a_turn_streams_text_and_ends_with_the_whole_answer() {
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::greet(stream).await?;
        let send = gateway.request("chat.send").await?;
        assert_eq!(send["params"]["sessionKey"], SESSION);
        assert_eq!(send["params"]["message"], "hello");
        let run = send["params"]["idempotencyKey"].as_str().unwrap().to_owned();
        // Events may overtake the answer.
        gateway.chat(&run, json!({ "state": "status", "phase": "starting_model" })).await?;
        gateway.chat(&run, json!({ "state": "delta", "deltaText": "Good " })).await?;
        gateway.answer(&send, json!({ "runId": run, "status": "started" })).await?;
        gateway.chat("another run", json!({ "state": "delta", "deltaText": "noise" })).await?;
        gateway.event("tick", json!({ "ts": 1 })).await?;
        gateway.chat(&run, json!({ "state": "delta", "deltaText": "day" })).await?;
        let message = json!({ "role": "assistant", "content": [{ "type": "text", "text": "Good day" }] });
        gateway.chat(&run, json!({ "state": "final", "message": message })).await?;
        gateway.wait_for_close().await
    });
    let client = connect(stream).await.unwrap();
    let mut turn = client.chat_send(SESSION, "hello", [7; 16]).await.unwrap();
    assert_eq!(turn.run(), "07".repeat(16));
    let mut text = String::new();
    let whole = loop {
        match turn.next().await.unwrap() {
            ChatEvent::Delta(piece) => text.push_str(&piece),
            ChatEvent::Final { text } => break text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(text, "Good day");
    assert_eq!(whole, "Good day");
    assert!(matches!(turn.next().await, Err(ClientError::Closed { .. })));
}

#[tokio::test]
async fn a_run_that_the_gateway_names_otherwise_is_followed() {
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::greet(stream).await?;
        let send = gateway.request("chat.send").await?;
        gateway.answer(&send, json!({ "runId": "its own", "status": "started" })).await?;
        gateway.chat("its own", json!({ "state": "error", "errorMessage": "no model" })).await?;
        gateway.wait_for_close().await
    });
    let client = connect(stream).await.unwrap();
    let mut turn = client.chat_send(SESSION, "hello", [7; 16]).await.unwrap();
    assert_eq!(turn.run(), "its own");
    assert_eq!(turn.next().await.unwrap(), ChatEvent::Error { message: "no model".to_owned() });
}

#[tokio::test]
async fn a_slow_reader_misses_no_text_and_holds_up_nobody() {
    const PIECES: usize = 5_000;
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::greet(stream).await?;
        let send = gateway.request("chat.send").await?;
        gateway.answer(&send, json!({ "runId": "r" })).await?;
        for _ in 0..PIECES {
            gateway.chat("r", json!({ "state": "delta", "deltaText": "x" })).await?;
        }
        gateway.chat("r", json!({ "state": "final" })).await?;
        let health = gateway.request("health").await?;
        gateway.answer(&health, json!({ "ok": true })).await?;
        gateway.wait_for_close().await
    });
    let client = connect(stream).await.unwrap();
    let mut turn = client.chat_send(SESSION, "hello", [7; 16]).await.unwrap();
    // Answered although nobody reads the turn, and after all of its events.
    assert!(client.health().await.unwrap());
    let mut told = 0;
    let whole = loop {
        match turn.next().await.unwrap() {
            ChatEvent::Delta(piece) => told += piece.len(),
            ChatEvent::Final { text } => break text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(told, PIECES);
    assert_eq!(whole.len(), PIECES, "a final message without text is what was told");
}

#[tokio::test]
async fn text_that_was_told_is_not_told_twice_when_it_is_replaced() {
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::greet(stream).await?;
        let send = gateway.request("chat.send").await?;
        gateway.answer(&send, json!({ "runId": "r" })).await?;
        gateway.chat("r", json!({ "state": "delta", "deltaText": "Good" })).await?;
        gateway.chat("r", json!({ "state": "delta", "deltaText": "Good day", "replace": true })).await?;
        gateway.chat("r", json!({ "state": "aborted" })).await?;
        gateway.wait_for_close().await
    });
    let client = connect(stream).await.unwrap();
    let mut turn = client.chat_send(SESSION, "hello", [7; 16]).await.unwrap();
    let mut told = String::new();
    loop {
        match turn.next().await.unwrap() {
            ChatEvent::Delta(piece) => told.push_str(&piece),
            last => break assert_eq!(last, ChatEvent::Aborted),
        }
    }
    assert_eq!(told, "Good day");
}

#[tokio::test]
async fn calls_in_flight_get_their_own_answers() {
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::greet(stream).await?;
        let first = gateway.request("chat.history").await?;
        let second = gateway.request("sessions.list").await?;
        gateway
            .answer(&second, json!({ "sessions": [{ "key": SESSION, "updatedAt": 5, "new": 1 }] }))
            .await?;
        let messages = json!([
            { "role": "user", "content": "hi" },
            { "role": "assistant", "content": [{ "type": "text", "text": "ho" }, { "type": "image" }] },
        ]);
        gateway.answer(&first, json!({ "messages": messages })).await?;
        gateway.wait_for_close().await
    });
    let client = connect(stream).await.unwrap();
    let (history, sessions) = tokio::join!(client.chat_history(SESSION, 10), client.sessions_list(5));
    let history: Vec<_> = history.unwrap().into_iter().map(|entry| (entry.role, entry.text)).collect();
    assert_eq!(history, [("user".to_owned(), "hi".to_owned()), ("assistant".to_owned(), "ho".to_owned())]);
    assert_eq!(sessions.unwrap()[0].updated_at, Some(5));
}

#[tokio::test]
async fn a_suspension_is_prepared_watched_and_ended() {
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::greet(stream).await?;
        let prepare = gateway.request("gateway.suspend.prepare").await?;
        assert_eq!(prepare["params"], json!({ "requestId": "stop", "drain": true }));
        let blocker = json!({ "kind": "chat-run", "count": 1, "message": "1 active chat run(s)" });
        let draining = json!({
            "status": "draining", "suspensionId": "s", "expiresAtMs": 9, "retryAfterMs": 20, "activeCount": 1, "blockers": [blocker],
        });
        gateway.answer(&prepare, draining).await?;
        let status = gateway.request("gateway.suspend.status").await?;
        assert_eq!(status["params"], json!({ "suspensionId": "s" }));
        gateway.answer(&status, json!({ "status": "ready", "expiresAtMs": 9 })).await?;
        let resume = gateway.request("gateway.suspend.resume").await?;
        gateway.answer(&resume, json!({ "ok": true, "status": "running", "resumed": false })).await?;
        gateway.wait_for_close().await
    });
    let client = connect(stream).await.unwrap();
    let begun = client.suspend_prepare("stop", true).await.unwrap();
    assert_eq!(begun.state, SuspendState::Draining);
    assert_eq!(begun.blockers[0].kind, "chat-run");
    let status = client.suspend_status(&begun.suspension_id.unwrap()).await.unwrap();
    assert_eq!(status.state, SuspendState::Ready);
    assert!(!client.suspend_resume("s").await.unwrap());
}

#[tokio::test]
async fn a_refused_call_says_when_to_try_again() {
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::greet(stream).await?;
        let call = gateway.request("chat.abort").await?;
        let error = json!({ "code": "UNAVAILABLE", "message": "suspending", "retryable": true, "retryAfterMs": 1500 });
        gateway.refuse(&call, error).await?;
        gateway.wait_for_close().await
    });
    let client = connect(stream).await.unwrap();
    let error = client.chat_abort(SESSION, None).await.unwrap_err();
    assert!(error.is_retryable());
    assert!(
        matches!(&error, ClientError::Refused { retry_after: Some(after), .. } if *after == Duration::from_millis(1500)),
        "{error}"
    );
}

#[tokio::test]
async fn whoever_waits_learns_that_the_connection_ended() {
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::greet(stream).await?;
        let send = gateway.request("chat.send").await?;
        gateway.answer(&send, json!({ "runId": "r" })).await?;
        gateway.request("health").await?;
        gateway.close().await
    });
    let client = connect(stream).await.unwrap();
    let mut turn = client.chat_send(SESSION, "hello", [7; 16]).await.unwrap();
    assert!(matches!(client.health().await, Err(ClientError::Closed { .. })));
    assert!(matches!(turn.next().await, Err(ClientError::Closed { .. })));
    assert!(matches!(client.health().await, Err(ClientError::Closed { .. })));
}

#[tokio::test]
async fn neither_noise_nor_nonsense_ends_a_connection() {
    let (stream, _script) = Script::run(async |stream| {
        let mut gateway = Gateway::greet(stream).await?;
        gateway.event("presence", json!(null)).await?;
        gateway.event("chat", json!({ "unknown": "shape" })).await?;
        let call = gateway.request("health").await?;
        gateway.answer(&json!({ "id": "nobody asked" }), json!({})).await?;
        gateway.answer(&call, json!("not a health")).await?;
        let call = gateway.request("chat.history").await?;
        gateway.answer(&call, json!({})).await?;
        gateway.wait_for_close().await
    });
    let client = connect(stream).await.unwrap();
    assert!(matches!(client.health().await, Err(ClientError::Unexpected(_))));
    let history = client.chat_history(SESSION, 1).await.unwrap();
    assert!(history.is_empty(), "the connection is still up");
}
