use std::time::Duration;

use futures_util::StreamExt;
use http::StatusCode;
use http_body_util::BodyExt;
use smartbox_edge::{BindError, EdgeConfig, EdgeListener, Route};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::gateway::Gateway;
use crate::harness::{LIMIT, TestEdge, as_user, ready, starting};

async fn ended(edge: &mut TestEdge) {
    tokio::time::timeout(LIMIT, edge.server.join_next()).await.expect("the edge ends").unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_before_the_edge_ends() {
    let (mut edge, gateway) = TestEdge::with_home().await;
    let mut response = edge.send(as_user("1", "GET", "/stream")).await;
    gateway.chunks.send("one ").await.unwrap();
    let first = response.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "one ");
    edge.stop.cancel();
    // Nobody new is let in; how soon the port closes is the kernel's business.
    while TcpStream::connect(edge.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let Gateway { chunks, .. } = &gateway;
    chunks.send("two").await.unwrap();
    let second = response.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(second, "two");
    drop(gateway);
    ended(&mut edge).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upgraded_sockets_end_with_the_drain_and_do_not_delay_it() {
    let (mut edge, _gateway) = TestEdge::with_home().await;
    let mut request = format!("ws://{}/", edge.address).into_client_request().unwrap();
    request.headers_mut().insert("cookie", "smartbox_session=1".parse().unwrap());
    let (mut socket, _response) = tokio_tungstenite::connect_async(request).await.unwrap();
    socket.next().await.unwrap().unwrap();
    let began = tokio::time::Instant::now();
    edge.stop.cancel();
    ended(&mut edge).await;
    assert!(began.elapsed() < EdgeConfig::default().drain_timeout);
    while let Some(Ok(_last)) = socket.next().await {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_outlasts_the_drain_is_cut_off() {
    let config = EdgeConfig { drain_timeout: Duration::from_millis(100), ..EdgeConfig::default() };
    let mut edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    let mut response = edge.send(as_user("1", "GET", "/stream")).await;
    gateway.chunks.send("one").await.unwrap();
    response.frame().await.unwrap().unwrap();
    edge.stop.cancel();
    ended(&mut edge).await;
    assert!(response.collect().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_request_is_sent_away_when_the_edge_stops() {
    let home = Route { state: starting(), ..ready(1, 1, "home", true) };
    let mut edge = TestEdge::start(vec![home]).await;
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        edge.stop.cancel();
    };
    let (answer, ()) = tokio::join!(edge.get("/"), stop);
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "edge-stopping"));
    ended(&mut edge).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_stop_waits_for_nobody() {
    let (mut edge, gateway) = TestEdge::with_home().await;
    let response = edge.send(as_user("1", "GET", "/stream")).await;
    edge.hard.cancel();
    ended(&mut edge).await;
    drop((response, gateway));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_said_to_be_taken_and_by_whom() {
    let first = EdgeListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let error = EdgeListener::bind(first.local_addr()).await.unwrap_err();
    let BindError::Taken { address, by } = &error else { panic!("{error:?}") };
    assert_eq!(*address, first.local_addr());
    // The holder is this very process.
    assert!(by.as_ref().unwrap().contains(&format!("(process {})", std::process::id())), "{by:?}");
    assert!(error.to_string().starts_with(&format!("{address} is taken by ")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_machine_cannot_be_listened_on() {
    let error = EdgeListener::bind("192.0.2.1:0".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, BindError::Other { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_nothing_is_let_go() {
    let config = EdgeConfig { head_timeout: Duration::from_millis(200), ..EdgeConfig::default() };
    let edge = TestEdge::start_with(config, vec![]).await;
    for begun in ["", "GET / HTTP/1.1\r\nho"] {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let read = tokio::time::timeout(LIMIT, stream.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "still open after {begun:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stops_coming_is_given_up() {
    let config = EdgeConfig { stall_timeout: Duration::from_millis(200), ..EdgeConfig::default() };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {}\r\ncookie: smartbox_session=1\r\ncontent-length: 10\r\n\r\nhalf",
        edge.address
    );
    let answer = edge.raw(&head).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("body-stalled"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_connections_are_taken_than_there_are_places() {
    let config = EdgeConfig { connections_max: 1, ..EdgeConfig::default() };
    let edge = TestEdge::start_with(config, vec![]).await;
    let first = edge.connect::<http_body_util::Full<bytes::Bytes>>().await;
    let waiting = async { edge.get("/health").await };
    tokio::pin!(waiting);
    let early = tokio::time::timeout(Duration::from_millis(300), &mut waiting).await;
    assert!(early.is_err(), "answered without a place");
    drop(first);
    let answer = tokio::time::timeout(LIMIT, waiting).await.expect("the place is free again");
    assert_eq!(answer.status, StatusCode::OK);
}
