use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use serde_json::Value;
use smartbox_edge::EdgeConfig;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::gateway::Gateway;
use crate::harness::{LIMIT, TestEdge, ready};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) async fn open(
    edge: &TestEdge,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, Error> {
    let mut request = format!("ws://{}{path}", edge.address).into_client_request().unwrap();
    request.headers_mut().insert("cookie", "smartbox_session=1".parse().unwrap());
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let (socket, response) = connect_async(request).await?;
    assert!(!format!("{:?}", response.headers()).contains("5ec4e7"), "the credential is shown");
    Ok(socket)
}

pub(crate) async fn next(socket: &mut Socket) -> Option<Message> {
    tokio::time::timeout(LIMIT, socket.next()).await.expect("in time")?.ok()
}

pub(crate) fn call(method: &str, params: &str) -> Message {
    let request =
        serde_json::json!({ "type": "req", "id": "1", "method": method, "params": { "text": params } });
    Message::text(request.to_string())
}

/// Opens the conversation, and returns what the gateway has got of it.
pub(crate) async fn greet(socket: &mut Socket) -> Value {
    socket.send(call("connect", "")).await.unwrap();
    let got = next(socket).await.unwrap();
    serde_json::from_str(got.to_text().unwrap()).unwrap()
}

fn status_of(refused: Result<Socket, Error>) -> StatusCode {
    match refused {
        Err(Error::Http(response)) => response.status(),
        Err(other) => panic!("{other}"),
        Ok(_open) => panic!("it was opened"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_works_under_the_prefix_beside_it_and_at_the_root() {
    let (edge, _gateway) = TestEdge::with_home().await;
    for (path, target) in [("/b/home/x?y=1", "/x?y=1"), ("/b/home", "/"), ("/b/home/", "/"), ("/", "/")] {
        let mut socket = open(&edge, path, &[]).await.unwrap();
        assert_eq!(next(&mut socket).await.unwrap(), Message::text(format!("hello {target}")));
        greet(&mut socket).await;
        for size in [1, 70_000, 1_000_000] {
            let message = call("sessions.echo", &"é".repeat(size / 2));
            socket.send(message.clone()).await.unwrap();
            assert_eq!(next(&mut socket).await.unwrap(), message);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_open_a_socket() {
    let (edge, gateway) = TestEdge::with_home().await;
    for origin in ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"] {
        assert_eq!(
            status_of(open(&edge, "/", &[("origin", origin)]).await),
            StatusCode::FORBIDDEN,
            "{origin}"
        );
    }
    assert!(gateway.seen.lock().await.is_empty());
    let own = format!("http://{}", edge.address);
    assert!(open(&edge, "/", &[("origin", &own)]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_gateway_is_passed_on() {
    let (edge, _gateway) = TestEdge::with_home().await;
    assert_eq!(status_of(open(&edge, "/b/home/refuses-sockets", &[]).await), StatusCode::FORBIDDEN);
    assert_eq!(status_of(open(&edge, "/b/other/", &[]).await), StatusCode::NOT_FOUND);
    assert_eq!(
        status_of(open(&edge, "/", &[("cookie", "smartbox_session=x")]).await),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_hears_when_the_other_ends() {
    let (edge, gateway) = TestEdge::with_home().await;
    let mut socket = open(&edge, "/", &[]).await.unwrap();
    next(&mut socket).await;
    greet(&mut socket).await;
    socket.send(call("sessions.bye", "")).await.unwrap();
    assert!(matches!(next(&mut socket).await, Some(Message::Close(_))));
    assert_eq!(next(&mut socket).await, None);

    let mut socket = open(&edge, "/", &[]).await.unwrap();
    next(&mut socket).await;
    greet(&mut socket).await;
    socket.send(call("sessions.die", "")).await.unwrap();
    assert_eq!(next(&mut socket).await, None);
    drop(gateway);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_socket_is_closed() {
    let config = EdgeConfig { tunnel_idle_timeout: Duration::from_secs(1), ..EdgeConfig::default() };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    let mut socket = open(&edge, "/", &[]).await.unwrap();
    next(&mut socket).await;
    assert_eq!(next(&mut socket).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_to_anything_else_is_an_ordinary_request() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let request = crate::harness::with(
        crate::harness::as_user("1", "GET", "/b/home/who"),
        &[("connection", "upgrade, http2-settings"), ("upgrade", "h2c"), ("http2-settings", "AAAA")],
    );
    let answer = edge.ask(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.seen("upgrade").is_empty());
}
