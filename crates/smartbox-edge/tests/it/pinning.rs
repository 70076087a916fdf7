use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use serde_json::{Value, json};
use smartbox_core::Tie;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{LIMIT, TestEdge, as_user, until, user};
use crate::websocket::{Socket, call, greet, next, open};

async fn open_as(edge: &TestEdge, session: &str) -> Socket {
    let cookie = format!("smartbox_session={session}");
    let mut socket = open(edge, "/b/home/", &[("cookie", &cookie)]).await.unwrap();
    next(&mut socket).await;
    socket
}

async fn answer(socket: &mut Socket) -> Value {
    let message = next(socket).await.unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

/// The close code and reason that the client gets.
async fn goodbye(socket: &mut Socket) -> (u16, String) {
    loop {
        match tokio::time::timeout(LIMIT, socket.next()).await.expect("in time") {
            Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
            Some(Ok(_before)) => {}
            end => panic!("no goodbye: {end:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_claims_more_than_they_have() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let all = json!(["operator.admin", "operator.read", "operator.write", "operator.pairing"]);
    for (session, had) in [
        ("1", json!(["operator.admin", "operator.read", "operator.write"])),
        ("1-admin", json!(["operator.admin", "operator.read", "operator.write"])),
        ("1-operator", json!(["operator.read", "operator.write"])),
        ("1-viewer", json!(["operator.read"])),
    ] {
        let mut socket = open_as(&edge, session).await;
        let params = json!({ "role": "node", "scopes": all, "auth": { "token": "guessed" } });
        let connect = json!({ "type": "req", "id": "c", "method": "connect", "params": params });
        socket.send(Message::text(connect.to_string())).await.unwrap();
        let got = answer(&mut socket).await;
        assert_eq!(got["params"], json!({ "role": "operator", "scopes": had }), "{session}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_may_not_do_is_answered_and_the_socket_goes_on() {
    let (edge, _gateway) = TestEdge::with_home().await;
    for (session, may) in [
        ("1-viewer", ["health"].as_slice()),
        ("1-operator", &["health", "chat.send", "sessions.list"]),
        ("1", &["health", "chat.send", "sessions.list", "sessions.reset", "config.get", "brand.new"]),
    ] {
        let mut socket = open_as(&edge, session).await;
        greet(&mut socket).await;
        for method in ["health", "chat.send", "sessions.list", "sessions.reset", "config.get", "brand.new"] {
            socket.send(call(method, "x")).await.unwrap();
            let got = answer(&mut socket).await;
            if may.contains(&method) {
                assert_eq!(got["method"], method, "{session}: the gateway has got it");
            } else {
                assert_eq!(got["error"]["code"], "FORBIDDEN", "{session}: {method}");
                assert_eq!(
                    (&got["type"], &got["id"], &got["ok"]),
                    (&"res".into(), &"1".into(), &false.into())
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_does_not_stand_within_a_message_of_the_gateway() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let mut socket = open_as(&edge, "1-operator").await;
    greet(&mut socket).await;
    socket.send(call("sessions.burst", "")).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    socket.send(call("config.get", "")).await.unwrap();
    assert_eq!(next(&mut socket).await.unwrap(), Message::text("piece piece piece "));
    assert_eq!(answer(&mut socket).await["error"]["code"], "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_breaks_the_rules_is_told_why_it_is_closed() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let twice = r#"{"type":"req","id":"1","method":"health","method":"config.set"}"#;
    for (message, code) in [
        (call("health", ""), 1008),
        (Message::text(twice), 1008),
        (Message::binary(b"x".to_vec()), 1003),
        (call("connect", &"x".repeat(70_000)), 1009),
    ] {
        let mut socket = open_as(&edge, "1").await;
        socket.send(message).await.unwrap();
        assert_eq!(goodbye(&mut socket).await.0, code);
    }
    until("they have left", || edge.sockets.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_told_that_its_right_has_ended() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let mut sockets = [open_as(&edge, "1-operator").await, open_as(&edge, "1-viewer").await];
    greet(&mut sockets[0]).await;
    assert_eq!(edge.sockets.close(&Tie::User(user(1)), "signed out"), 2);
    for socket in &mut sockets {
        assert_eq!(goodbye(socket).await, (4001, "signed out".to_owned()));
    }
    until("they have left", || edge.sockets.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_need_what_they_need_in_any_spelling() {
    let (edge, gateway) = TestEdge::with_home().await;
    let mut seen = 0;
    for (session, method, path, status) in [
        ("1-viewer", "GET", "/b/home/who", StatusCode::OK),
        ("1-viewer", "POST", "/b/home/who", StatusCode::FORBIDDEN),
        ("1-viewer", "POST", "/b/home/v1/chat/completions", StatusCode::FORBIDDEN),
        ("1-operator", "POST", "/b/home/v1/chat/completions", StatusCode::OK),
        ("1-operator", "POST", "/b/home/tools/invoke", StatusCode::FORBIDDEN),
        ("1-operator", "GET", "/b/home/tools/invoke/x", StatusCode::FORBIDDEN),
        ("1-operator", "POST", "/b/home/tool%73/Invoke", StatusCode::FORBIDDEN),
        ("1", "POST", "/b/home/tools/invoke", StatusCode::OK),
        ("1", "POST", "/b/home/tools%2Finvoke", StatusCode::BAD_REQUEST),
        ("1-viewer", "GET", "/b/home/x/../tools/invoke", StatusCode::BAD_REQUEST),
        ("1-viewer", "GET", "/b/home//evil.example/tools/invoke", StatusCode::BAD_REQUEST),
        ("1-viewer", "GET", "/b/home/%252e%252e/tools", StatusCode::BAD_REQUEST),
    ] {
        let answer = edge.ask(as_user(session, method, path)).await;
        assert_eq!(answer.status, status, "{session} {method} {path}");
        seen += usize::from(status == StatusCode::OK);
        assert_eq!(gateway.seen.lock().await.len(), seen);
    }
}

/// What an older API passes on to an agent's gateway needs what it needs everywhere else.
#[tokio::test(flavor = "multi_thread")]
async fn an_agents_gateway_needs_what_the_boxs_does() {
    let (edge, gateway) = TestEdge::with_home().await;
    for (session, method, path, status) in [
        ("1-viewer", "GET", "/agents/home/gateway/who", StatusCode::OK),
        ("1-viewer", "POST", "/agents/home/gateway/who", StatusCode::FORBIDDEN),
        ("1-operator", "POST", "/agents/home/gateway/tools/invoke", StatusCode::FORBIDDEN),
        ("1-operator", "POST", "/agents/home/gateway/tool%73/Invoke", StatusCode::FORBIDDEN),
        ("1-viewer", "GET", "/agents/home/gateway/x/../tools/invoke", StatusCode::BAD_REQUEST),
        ("1-viewer", "GET", "/agents/home/gateway/who?token=x", StatusCode::BAD_REQUEST),
        ("2", "GET", "/agents/home/gateway/who", StatusCode::NOT_FOUND),
    ] {
        let answer = edge.ask(as_user(session, method, path)).await;
        assert_eq!(answer.status, status, "{session} {method} {path}");
    }
    assert_eq!(gateway.seen.lock().await.len(), 1);
    let mut socket = open(&edge, "/agents/home/gateway/ws", &[]).await.unwrap();
    assert_eq!(next(&mut socket).await.unwrap(), Message::text("hello /"));
    greet(&mut socket).await;
}
