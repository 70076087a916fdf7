//! Plain requests take another way through the edge than all others. Nobody can tell.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use smartbox_edge::EdgeConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::gateway::Gateway;
use crate::harness::{LIMIT, TestEdge, ready};

type Client = hyper::client::conn::http1::SendRequest<Full<Bytes>>;

/// What came of a request, without what differs each time.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: String,
}

async fn came(client: &mut Client, request: Request<Full<Bytes>>) -> Came {
    let asked = async {
        client.ready().await?;
        client.send_request(request).await
    };
    let response = tokio::time::timeout(LIMIT, asked).await.unwrap().unwrap();
    let (head, body) = response.into_parts();
    let body = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
    let id = head.headers["x-request-id"].to_str().unwrap().to_owned();
    assert!(head.headers.contains_key(DATE));
    if let Some(length) = head.headers.get(CONTENT_LENGTH).filter(|_length| !body.is_empty()) {
        assert_eq!(*length, body.len().to_string());
    }
    Came {
        status: head.status,
        headers: told(&head.headers, &id),
        body: without_client(&body.replace(&id, "ID")),
    }
}

/// The platform tells the client's port, which is another for each connection.
fn without_client(body: &str) -> String {
    match body.split_once(r#""client":"127.0.0.1:"#) {
        Some((before, rest)) => format!("{before}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => body.to_owned(),
    }
}

fn told(headers: &HeaderMap, id: &str) -> Vec<(String, String)> {
    let is_changing = |name: &HeaderName| *name == DATE || name.as_str().starts_with("ratelimit");
    let kept = headers.iter().filter(|(name, _)| !is_changing(name));
    let mut told: Vec<_> = kept
        .map(|(name, value)| {
            // The gateway tells the id, so the length changes with it.
            let is_length = *name == CONTENT_LENGTH && value != "0";
            let value = String::from_utf8_lossy(value.as_bytes()).replace(id, "ID");
            (name.to_string(), if is_length { "LENGTH".to_owned() } else { value })
        })
        .collect();
    told.sort();
    told
}

/// A connection that hyper has got: its first request was not plain.
async fn of_hyper(edge: &TestEdge) -> Client {
    let mut client = edge.connect().await;
    let request = Request::get("/healthz").header("host", edge.address.to_string()).header("te", "trailers");
    came(&mut client, request.body(Full::default()).unwrap()).await;
    client
}

struct Case {
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: usize,
}

const fn case(
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: usize,
) -> Case {
    Case { method, path, headers, body }
}

const ME: (&str, &str) = ("cookie", "smartbox_session=1");

const CASES: [Case; 40] = [
    case("GET", "/b/home/who", &[ME], 0),
    case("GET", "/who?a=b&c=%20d", &[ME], 0),
    case("GET", "/b/home/who", &[("cookie", "a=1; smartbox_session=1"), ("cookie", "b=2")], 0),
    case("GET", "/b/home/who", &[ME, ("x-a", "1"), ("x-b", ""), ("x-a", "2"), ("x-long", "  spaces  ")], 0),
    case("GET", "/b/home/who", &[ME, ("connection", "Keep-Alive"), ("accept-encoding", "gzip")], 0),
    case("GET", "/b/home/who", &[ME, ("x-forwarded-for", "1.2.3.4"), ("authorization", "Bearer x")], 0),
    case("GET", "/b/home/a.css", &[ME, ("accept-encoding", "gzip"), ("if-none-match", "\"1\"")], 0),
    case("HEAD", "/b/home/who", &[ME], 0),
    case("HEAD", "/b/home/ui", &[ME, ("accept", "text/html")], 0),
    case("OPTIONS", "/b/home/who", &[ME], 0),
    case("DELETE", "/b/home/who", &[ME], 0),
    case("POST", "/b/home/who", &[ME], 0),
    case("POST", "/b/home/who", &[ME, ("content-length", "0")], 0),
    case("POST", "/b/home/who", &[ME, ("content-type", "application/json")], 7),
    case("PUT", "/b/home/who", &[ME], 5000),
    case("PATCH", "/b/home/who", &[ME], 20_000),
    case("PROPFIND", "/b/home/who", &[ME], 0),
    case("TRACE", "/b/home/who", &[ME], 0),
    case("GET", "/b/home/headers", &[ME], 0),
    case("GET", "/b/home/status/204", &[ME], 0),
    case("GET", "/b/home/redirect", &[ME], 0),
    case("GET", "/b/home/ui", &[ME, ("accept", "text/html")], 0),
    case("GET", "/ui", &[ME, ("accept", "text/html")], 0),
    case("GET", "/b/home/agent-page", &[ME], 0),
    case("GET", "/b/home/untyped", &[ME], 0),
    case("GET", "/b/home", &[ME], 0),
    case("GET", "/b/nobody/", &[ME], 0),
    case("GET", "/b/home/who", &[], 0),
    case("GET", "/b/home/who", &[("cookie", "smartbox_session=2")], 0),
    case("POST", "/b/home/who", &[("cookie", "smartbox_session=1-viewer")], 3),
    case("GET", "/b/home/who", &[("accept", "text/html"), ("sec-fetch-mode", "navigate")], 0),
    case("GET", "/b/home/who?token=x", &[ME], 0),
    case("GET", "/b/home//who", &[ME], 0),
    case("GET", "/b/home/%2e%2e/who", &[ME], 0),
    case("POST", "/b/home/who", &[ME, ("origin", "http://evil.example")], 3),
    case("GET", "/b/home/who", &[ME, ("sec-fetch-site", "cross-site")], 0),
    case("GET", "/healthz", &[], 0),
    case("POST", "/v1/boxes", &[ME], 12),
    case("GET", "/_smartbox/boxes/home/state", &[ME], 0),
    case("GET", "/who", &[ME, ("host", "evil.example")], 0),
];

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_say_the_same_and_tell_the_gateway_the_same() {
    let (edge, _gateway) = TestEdge::with_home().await;
    for Case { method, path, headers, body } in CASES {
        let mut request =
            Request::builder().method(method).uri(path).body(Full::from(vec![b'x'; body])).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            let host = HeaderValue::try_from(edge.address.to_string()).unwrap();
            request.headers_mut().insert("host", host);
        }
        let mut plain = edge.connect().await;
        let directly = came(&mut plain, request.clone()).await;
        let by_hyper = came(&mut of_hyper(&edge).await, request.clone()).await;
        assert_eq!(directly, by_hyper, "{method} {path} {headers:?}");
        // Where no body was refused, the connection goes on.
        if method != "TRACE" && body < 5000 {
            assert_eq!(came(&mut plain, request).await, directly, "again: {method} {path}");
        }
    }
}

fn get(edge: &TestEdge, path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: smartbox_session=1\r\n{headers}\r\n", edge.address)
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_one_piece_are_answered_in_their_order_plain_or_not() {
    let (edge, gateway) = TestEdge::with_home().await;
    let post = format!(
        "POST /two HTTP/1.1\r\nhost: {}\r\ncookie: smartbox_session=1\r\ncontent-length: 4\r\n\r\nbody",
        edge.address
    );
    let requests = [
        get(&edge, "/one", ""),
        post,
        get(&edge, "/three", "te: trailers\r\n"),
        get(&edge, "/four", ""),
        get(&edge, "/five", "connection: close\r\n"),
    ];
    let answer = edge.raw(&requests.concat()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), requests.len(), "{answer}");
    assert!(answer.contains(r#""body":"body""#), "{answer}");
    assert_eq!(*gateway.seen.lock().await, ["/one", "/two", "/three", "/four", "/five"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_come_in_any_pieces() {
    let (edge, gateway) = TestEdge::with_home().await;
    let head = format!(
        "POST /slowly HTTP/1.1\r\nhost: {}\r\ncookie: smartbox_session=1\r\ncontent-length: 4\r\n\r\n",
        edge.address
    );
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in head.bytes().chain(*b"body") {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let answer = answer_of(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains(r#""body":"body""#), "{answer}");
    assert_eq!(*gateway.seen.lock().await, ["/slowly"]);
}

/// Reads one answer with a length.
async fn answer_of(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let mut piece = [0; 4096];
    loop {
        let read = tokio::time::timeout(LIMIT, stream.read(&mut piece)).await.expect("in time").unwrap();
        answer.push_str(std::str::from_utf8(&piece[..read]).unwrap());
        let length = answer.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let body = answer.split_once("\r\n\r\n").map_or("", |(_head, body)| body);
        if read == 0 || length.is_some_and(|length| length.parse() == Ok(body.len())) {
            return answer;
        }
    }
}

/// Then it is read as it comes, and the deadline for bodies counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_body_that_does_not_come_soon_is_waited_for_all_the_same() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let head = format!(
        "POST /late HTTP/1.1\r\nhost: {}\r\ncookie: smartbox_session=1\r\ncontent-length: 8\r\n\r\nhalf",
        edge.address
    );
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    stream.write_all(b"half").await.unwrap();
    let answer = answer_of(&mut stream).await;
    assert!(answer.contains(r#""body":"halfhalf""#), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_told_when_the_edge_stops() {
    let (mut edge, gateway) = TestEdge::with_home().await;
    let mut idle = TcpStream::connect(edge.address).await.unwrap();
    idle.write_all(get(&edge, "/who", "").as_bytes()).await.unwrap();
    assert!(!answer_of(&mut idle).await.contains("connection: close"));
    let mut busy = TcpStream::connect(edge.address).await.unwrap();
    busy.write_all(get(&edge, "/slow-reader", "").as_bytes()).await.unwrap();
    while !gateway.seen.lock().await.contains(&"/slow-reader".to_owned()) {
        tokio::task::yield_now().await;
    }
    edge.stop.cancel();
    // An idle one ends at once, in an orderly way.
    assert_eq!(tokio::time::timeout(LIMIT, idle.read(&mut [0])).await.expect("in time").unwrap(), 0);
    edge.hard.cancel();
    tokio::time::timeout(LIMIT, edge.server.join_next()).await.expect("the edge ends").unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_while_a_box_thinks_is_noticed() {
    let config = EdgeConfig { box_in_flight_max: 1, ..EdgeConfig::default() };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    let mut leaving = TcpStream::connect(edge.address).await.unwrap();
    leaving.write_all(get(&edge, "/slow-reader", "").as_bytes()).await.unwrap();
    while gateway.seen.lock().await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(edge.get("/who").await.code(), "box-busy");
    drop(leaving);
    let freed = async { while edge.get("/who").await.status != StatusCode::OK {} };
    tokio::time::timeout(LIMIT, freed).await.expect("the place is free again");
}

/// What is streamed is streamed on, however the gateway has cut it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_in_chunks_and_ends_whole() {
    let (edge, gateway) = TestEdge::with_home().await;
    let mut client: Client = edge.connect().await;
    let request = Request::get("/b/home/stream").header("host", edge.address.to_string()).header(ME.0, ME.1);
    let (response, ()) = tokio::join!(client.send_request(request.body(Full::default()).unwrap()), async {
        gateway.chunks.send("one ").await.unwrap();
    });
    let mut response = response.unwrap();
    assert_eq!(response.headers()[TRANSFER_ENCODING], "chunked");
    assert!(!response.headers().contains_key(CONTENT_LENGTH));
    assert_eq!(response.frame().await.unwrap().unwrap().into_data().unwrap(), "one ");
    gateway.chunks.send("two").await.unwrap();
    let Gateway { chunks, .. } = gateway;
    drop(chunks);
    assert_eq!(response.collect().await.unwrap().to_bytes(), "two");
}
