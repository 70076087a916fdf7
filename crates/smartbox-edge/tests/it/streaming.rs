use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::COOKIE;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use smartbox_edge::EdgeConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::gateway::Gateway;
use crate::harness::{LIMIT, TestEdge, as_user, box_id, ready, until};

/// A body that a test feeds piece by piece.
fn fed() -> (mpsc::Sender<Bytes>, impl http_body::Body<Data = Bytes, Error = std::io::Error> + Send + 'static)
{
    let (sender, receiver) = mpsc::channel::<Bytes>(1);
    let frames = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (Ok(Frame::data(piece)), receiver))
    });
    (sender, StreamBody::new(frames))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_of_a_stream_arrives_before_the_next_is_sent() {
    let (edge, gateway) = TestEdge::with_home().await;
    let mut response = edge.send(as_user("1", "GET", "/b/home/stream")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    for chunk in ["data: one\n\n", "data: two\n\n", "data: three\n\n"] {
        gateway.chunks.send(chunk).await.unwrap();
        let frame = tokio::time::timeout(LIMIT, response.frame()).await.unwrap().unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), chunk);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_streams_both_ways_at_once() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let (feed, body) = fed();
    let request = Request::post("/b/home/echo-body")
        .header(COOKIE, "smartbox_session=1")
        .body(body.boxed_unsync())
        .unwrap();
    let mut response = edge.send(request).await;
    for piece in ["a", "bc", "def"] {
        feed.send(Bytes::from(piece)).await.unwrap();
        let frame = tokio::time::timeout(LIMIT, response.frame()).await.unwrap().unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), piece);
    }
    drop(feed);
    assert!(response.frame().await.is_none());
}

/// A client that reads nothing: the gateway can send no more than what fits into the sockets' buffers.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_slows_the_gateway_down() {
    let edge = TestEdge::start(vec![ready(1, 1, "home", true)]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    edge.world.gateways.lock().unwrap().insert(box_id(1), listener.local_addr().unwrap());
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let mut gateway = JoinSet::new();
    gateway.spawn(async move {
        let (mut stream, _peer) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _read = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n").await.unwrap();
        let chunk = vec![0; 64 * 1024];
        while stream.write_all(&chunk).await.is_ok() {
            count.fetch_add(chunk.len(), Ordering::SeqCst);
        }
    });
    let mut client = TcpStream::connect(edge.address).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nhost: {}\r\ncookie: smartbox_session=1\r\n\r\n", edge.address);
    client.write_all(request.as_bytes()).await.unwrap();
    let taken = settled(&sent).await;
    assert!(taken < 32 * 1024 * 1024, "{taken} bytes were taken without a reader");
    // With a reader it goes on.
    let mut piece = vec![0; 64 * 1024];
    for _ in 0..2000 {
        let _read = client.read(&mut piece).await.unwrap();
    }
    until("the gateway sends more", || sent.load(Ordering::SeqCst) > taken).await;
}

/// A gateway that reads nothing: the client can send no more than what fits into the sockets' buffers.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_gateway_slows_the_client_down() {
    let config = EdgeConfig { request_body_bytes_max: u64::MAX, ..EdgeConfig::default() };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    let stream = TcpStream::connect(edge.address).await.unwrap();
    let (_reader, mut writer) = stream.into_split();
    let head = format!(
        "POST /slow-reader HTTP/1.1\r\nhost: {}\r\ncookie: smartbox_session=1\r\ncontent-length: 1073741824\r\n\r\n",
        edge.address
    );
    writer.write_all(head.as_bytes()).await.unwrap();
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let mut client = JoinSet::new();
    client.spawn(async move {
        let chunk = vec![0; 64 * 1024];
        while writer.write_all(&chunk).await.is_ok() {
            count.fetch_add(chunk.len(), Ordering::SeqCst);
        }
    });
    let taken = settled(&sent).await;
    assert!(taken < 32 * 1024 * 1024, "{taken} bytes were taken without a reader");
}

/// The count when it has not changed for a while.
async fn settled(count: &AtomicUsize) -> usize {
    let mut last = usize::MAX;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = count.load(Ordering::SeqCst);
        if now == last && now > 0 {
            return now;
        }
        last = now;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_a_gateway_is_used_again() {
    let (edge, gateway) = TestEdge::with_home().await;
    for _ in 0..5 {
        assert_eq!(edge.get("/b/home/who").await.status, StatusCode::OK);
        assert_eq!(edge.get("/b/home/status/204").await.status, StatusCode::NO_CONTENT);
        let head = edge.ask(as_user("1", "HEAD", "/b/home/who")).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
        // A connection comes back to the pool a moment after the answer's last byte has left it.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(gateway.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_an_older_generation_are_not_used_again() {
    let (edge, old) = TestEdge::with_home().await;
    edge.get("/b/home/who").await;
    let new = Gateway::start().await;
    edge.plug(1, &new);
    let mut route = ready(1, 1, "home", true);
    route.generation = 2;
    edge.publish(vec![route]);
    edge.get("/b/home/who").await;
    assert_eq!(old.seen.lock().await.len(), 1);
    assert_eq!(new.seen.lock().await.len(), 1);
}

/// The gateway closed a kept connection without the edge having noticed: the request goes out on another one, and
/// with its body, because nothing of it was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_connection_costs_no_request() {
    let edge = TestEdge::start(vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    for round in 0..20 {
        let brief = TcpListener::bind("127.0.0.1:0").await.unwrap();
        edge.world.gateways.lock().unwrap().insert(box_id(1), brief.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move {
            let (mut stream, _peer) = brief.accept().await.unwrap();
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await.unwrap();
            // Keeps the connection open in word, and closes it right after.
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        });
        if edge.get("/first").await.status == StatusCode::OK {
            server.join_next().await;
        }
        edge.plug(1, &gateway);
        let mut request = as_user("1", "POST", "/second");
        *request.body_mut() = Full::from("payload");
        let answer = edge.ask(request).await;
        assert_eq!(answer.status, StatusCode::OK, "round {round}: {}", answer.text());
        assert_eq!(answer.json()["body"], "payload");
        let mut route = ready(1, 1, "home", true);
        route.generation = round + 2;
        edge.publish(vec![route]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_ends_the_gateways_work() {
    let (edge, gateway) = TestEdge::with_home().await;
    let mut response = edge.send(as_user("1", "GET", "/b/home/stream")).await;
    gateway.chunks.send("data: one\n\n").await.unwrap();
    let _first = response.frame().await;
    drop(response);
    tokio::time::timeout(LIMIT, gateway.chunks.closed()).await.expect("the gateway's stream is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_breaks_off_is_not_taken_for_the_end() {
    let edge = TestEdge::start(vec![ready(1, 1, "home", true)]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    edge.world.gateways.lock().unwrap().insert(box_id(1), listener.local_addr().unwrap());
    let mut gateway = JoinSet::new();
    gateway.spawn(async move {
        for answer in [
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello",
            "SSH-2.0-OpenSSH\r\n",
            "",
        ] {
            let (mut stream, _peer) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    for _ in 0..2 {
        let response = edge.send(as_user("1", "GET", "/")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.collect().await.is_err(), "half a body looks whole");
    }
    assert_eq!(edge.get("/").await.code(), "gateway-broken-answer");
    assert_eq!(edge.get("/").await.code(), "gateway-unreachable");
}
