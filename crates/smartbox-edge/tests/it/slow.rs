//! Clients that take their time, on each kind of connection: all are let go.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Request, StatusCode};
use smartbox_edge::EdgeConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::gateway::Gateway;
use crate::harness::{LIMIT, TestEdge, ready, until};
use crate::secure::{NAME, Secure, get};

const SHORT: Duration = Duration::from_millis(200);

/// Reads until the edge closes; the time-out is a failure.
async fn closed(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(LIMIT, stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "still open");
}

async fn secure(config: EdgeConfig) -> Secure {
    Secure::start_with(config, vec![ready(1, 1, "home", true)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_end_is_given_up() {
    let secure = secure(EdgeConfig { handshake_timeout: SHORT, ..EdgeConfig::default() }).await;
    for begun in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = TcpStream::connect(secure.edge.address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        closed(&mut stream).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shakes_hands_slowly_keeps_nobody_out() {
    let config =
        EdgeConfig { handshake_timeout: LIMIT * 10, handshakes_per_address: 2, ..EdgeConfig::default() };
    let secure = secure(config).await;
    // Three who say nothing: two have a place, and the third is sent away.
    let mut silent = JoinSet::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(secure.edge.address).await.unwrap();
        silent.spawn(async move { stream.read_to_end(&mut Vec::new()).await });
    }
    tokio::time::timeout(LIMIT, silent.join_next()).await.expect("one is sent away");
    assert_eq!(silent.len(), 2);
    silent.shutdown().await;
    let again = async { while secure.connect(&["http/1.1"]).await.is_err() {} };
    tokio::time::timeout(LIMIT, again).await.expect("their places are free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_request_is_let_go() {
    let secure =
        secure(EdgeConfig { head_timeout: SHORT, stall_timeout: SHORT, ..EdgeConfig::default() }).await;
    for begun in ["", "GET / HTTP/1.1\r\nho"] {
        let mut stream = secure.connect(&["http/1.1"]).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        closed(&mut stream).await;
    }
    // Nothing, half of the preface, all of it, and the beginning of a head (RFC 9113 §3.4, §4.1).
    for begun in [
        &b""[..],
        b"PRI * HTTP/2.0\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\0\0\0\0\x01\x82",
    ] {
        let mut stream = secure.connect(&["h2"]).await.unwrap();
        stream.write_all(begun).await.unwrap();
        closed(&mut stream).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_http2_that_carries_nothing_any_more_is_let_go() {
    let secure = secure(EdgeConfig { head_timeout: SHORT, ..EdgeConfig::default() }).await;
    let mut client = secure.http2().await;
    assert_eq!(client.ask(get("/b/home/who")).await.unwrap().status, StatusCode::OK);
    assert_eq!(client.ended().await, Ok(()), "without an error");
    // One that carries something stays.
    let mut client = secure.http2().await;
    let (stream, ()) = tokio::join!(client.begin(get("/b/home/stream")), async {
        secure.gateway.chunks.send("one").await.unwrap();
    });
    let mut body = stream.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "one");
    let mut other = secure.http2().await;
    other.ask(get("/healthz")).await.unwrap();
    other.ended().await.unwrap();
    secure.gateway.chunks.send("two").await.unwrap();
    assert_eq!(body.data().await.unwrap().unwrap(), "two");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_of_an_answer_is_let_go() {
    let config = EdgeConfig { stall_timeout: SHORT, ..EdgeConfig::default() };
    let plain = TestEdge::start_with(config.clone(), vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    plain.plug(1, &gateway);
    let request = "GET /endless HTTP/1.1\r\nhost: localhost\r\ncookie: smartbox_session=1\r\n\r\n";
    let mut client = TcpStream::connect(plain.address).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    until("it begins", || gateway.endless.load(Ordering::SeqCst) == 1).await;
    until("the gateway is left alone", || gateway.endless.load(Ordering::SeqCst) == 0).await;

    let secure = secure(config).await;
    let mut client = secure.connect(&["http/1.1"]).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    until("it begins", || secure.gateway.endless.load(Ordering::SeqCst) == 1).await;
    until("the gateway is left alone", || secure.gateway.endless.load(Ordering::SeqCst) == 0).await;
}

/// On HTTP/2 only the stream stands still, and only the stream is ended: others of the connection go on.
#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_of_one_answer_loses_that_one() {
    let secure = secure(EdgeConfig { stall_timeout: SHORT, ..EdgeConfig::default() }).await;
    let mut client = secure.http2().await;
    let mut stalled = client.begin(get("/b/home/endless")).await.unwrap().into_body();
    until("the gateway is left alone", || secure.gateway.endless.load(Ordering::SeqCst) == 0).await;
    let end = async {
        loop {
            match stalled.data().await {
                Some(Ok(sent_before)) => {
                    stalled.flow_control().release_capacity(sent_before.len()).unwrap();
                }
                Some(Err(error)) => return error.is_reset(),
                None => return false,
            }
        }
    };
    assert!(
        tokio::time::timeout(LIMIT, end).await.expect("in time"),
        "it is cut off, and does not look whole"
    );
    assert_eq!(client.ask(get("/b/home/who")).await.unwrap().status, StatusCode::OK);
}

/// No window at all from the beginning.
#[tokio::test(flavor = "multi_thread")]
async fn who_allows_no_answer_gets_none() {
    let secure = secure(EdgeConfig { stall_timeout: SHORT, ..EdgeConfig::default() }).await;
    let mut client = secure.http2_with(h2::client::Builder::new().initial_window_size(0)).await;
    let stalled = client.begin(get("/b/home/endless")).await.unwrap().into_body();
    until("the gateway is left alone", || secure.gateway.endless.load(Ordering::SeqCst) == 0).await;
    drop(stalled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stops_coming_is_given_up() {
    let secure = secure(EdgeConfig { stall_timeout: SHORT, ..EdgeConfig::default() }).await;
    let mut stream = secure.connect(&["http/1.1"]).await.unwrap();
    let head = format!(
        "POST /who HTTP/1.1\r\nhost: {NAME}\r\ncookie: smartbox_session=1\r\ncontent-length: 10\r\n\r\nhalf"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(LIMIT, stream.read_to_string(&mut answer)).await.expect("in time").unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("body-stalled"), "{answer}");

    let client = secure.http2().await;
    let request = Request::post(format!("https://{NAME}/b/home/who")).header("cookie", "smartbox_session=1");
    let mut sender = client.sender.clone().ready().await.unwrap();
    let (response, mut body) = sender.send_request(request.body(()).unwrap(), false).unwrap();
    body.send_data("half".into(), false).unwrap();
    let response = tokio::time::timeout(LIMIT, response).await.expect("in time").unwrap();
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}
