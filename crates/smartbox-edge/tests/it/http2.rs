use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use smartbox_edge::{EdgeConfig, Rate};

use crate::harness::{Answer, LIMIT, ready, until};
use crate::secure::{NAME, Secure, get};

fn with(mut request: Request<()>, headers: &[(&'static str, &str)]) -> Request<()> {
    for (name, value) in headers {
        request.headers_mut().append(HeaderName::from_static(name), HeaderValue::try_from(*value).unwrap());
    }
    request
}

/// What a gateway saw, without what differs from one connection to the next.
fn seen(answer: &Answer) -> Vec<String> {
    let headers = answer.json()["headers"].as_array().unwrap().clone();
    let of = |header: &serde_json::Value| {
        format!("{}: {}", header[0].as_str().unwrap(), header[1].as_str().unwrap())
    };
    let mut lines: Vec<_> = headers.iter().map(of).filter(|line| !line.starts_with("x-request-id")).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_cannot_tell_http2_from_http1() {
    let secure = Secure::start().await;
    let mut client = secure.http2().await;
    let cookies = [("cookie", "theme=dark"), ("accept", "*/*"), ("te", "trailers")];
    let second = client.ask(with(get("/b/home/who?x=1"), &cookies)).await.unwrap();
    let request = Request::get("/b/home/who?x=1").header("host", NAME);
    let request = request.header("cookie", "smartbox_session=1; theme=dark").header("accept", "*/*");
    let first = secure.ask(request.body(http_body_util::Full::default()).unwrap()).await;
    assert_eq!(seen(&second), seen(&first));
    assert_eq!(second.seen("cookie"), ["theme=dark"]);
    assert_eq!(second.seen("host"), [NAME]);
    assert_eq!(second.seen("x-forwarded-proto"), ["https"]);
    assert_eq!(second.json()["target"], "/who?x=1");
    assert!(!second.header("x-request-id").is_empty());
    assert!(!second.headers.contains_key("connection") && !second.headers.contains_key("keep-alive"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_one_connection_do_not_wait_for_each_other() {
    let secure = Secure::start().await;
    let mut client = secure.http2().await;
    let stream = client.begin(get("/b/home/stream"));
    let mut other = secure.http2().await;
    let open = async {
        secure.gateway.chunks.send("one").await.unwrap();
        stream.await.unwrap()
    };
    let (open, answer) = tokio::join!(open, other.ask(get("/b/home/who")));
    assert_eq!(answer.unwrap().status, StatusCode::OK);
    for _ in 0..20 {
        assert_eq!(client.ask(get("/b/home/who")).await.unwrap().status, StatusCode::OK);
    }
    drop(open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_reaches_the_gateway_with_its_length_or_in_chunks() {
    let secure = Secure::start().await;
    let client = secure.http2().await;
    for length in [Some("5"), None] {
        let mut request =
            Request::post(format!("https://{NAME}/b/home/who")).header("cookie", "smartbox_session=1");
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let mut sender = client.sender.clone().ready().await.unwrap();
        let (response, mut body) = sender.send_request(request.body(()).unwrap(), false).unwrap();
        body.send_data("hel".into(), false).unwrap();
        body.send_data("lo".into(), false).unwrap();
        let mut trailers = HeaderMap::new();
        trailers.insert("x-forwarded-for", HeaderValue::from_static("8.8.8.8"));
        body.send_trailers(trailers).unwrap();
        let (head, mut told) = response.await.unwrap().into_parts();
        let body = told.data().await.unwrap().unwrap();
        let answer = Answer { status: head.status, headers: head.headers, body };
        assert_eq!(answer.json()["body"], "hello");
        assert_eq!(answer.seen("content-length").first().map(String::as_str), length);
        assert!(!answer.text().contains("8.8.8.8"), "trailers do not pass");
    }
}

/// The server offers no WebSocket over HTTP/2 (RFC 8441 §3), so a browser opens a connection of HTTP/1.1 for it, which
/// `tls::a_browser_speaks_websocket_over_tls` does.
#[tokio::test(flavor = "multi_thread")]
async fn websockets_are_left_to_http1() {
    let secure = Secure::start().await;
    let mut client = secure.http2().await;
    assert_eq!(client.ask(get("/healthz")).await.unwrap().status, StatusCode::OK);
    assert!(!client.sender.is_extended_connect_protocol_enabled());
    let connect = Request::connect(NAME).version(http::Version::HTTP_2).body(()).unwrap();
    let mut sender = client.sender.clone().ready().await.unwrap();
    let (response, _body) = sender.send_request(connect, false).unwrap();
    assert_ne!(response.await.map(|response| response.status()).ok(), Some(StatusCode::OK));
    assert!(secure.gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_the_same_in_either_place_or_refused() {
    let secure = Secure::start().await;
    let mut client = secure.http2().await;
    let same = client.ask(with(get("/b/home/who"), &[("host", NAME)])).await.unwrap();
    assert_eq!(same.status, StatusCode::OK);
    for hosts in [&[("host", "localhost")][..], &[("host", NAME), ("host", NAME)], &[("host", "")]] {
        let answer = client.ask(with(get("/b/home/who"), hosts)).await.unwrap();
        assert_eq!(answer.code(), "bad-request", "{hosts:?}");
    }
    let foreign = Request::get("https://evil.example/who").body(()).unwrap();
    assert_eq!(client.ask(foreign).await.unwrap().code(), "bad-host");
    let clear_text = Request::get(format!("http://{NAME}/b/home/who")).body(()).unwrap();
    assert_eq!(client.ask(clear_text).await.unwrap().code(), "bad-request");
    assert_eq!(secure.gateway.seen.lock().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_large_is_refused() {
    let secure = Secure::start().await;
    let mut client = secure.http2().await;
    let mut many = get("/b/home/who");
    for n in 0..150 {
        many.headers_mut().append("x-many", HeaderValue::from(n));
    }
    let refused = client.ask(many).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (431, "head-too-large"));
    let long = "a".repeat(8 * 1024);
    let large = with(get("/b/home/who"), &[("x-a", &long), ("x-b", &long), ("x-c", &long), ("x-d", &long)]);
    let refused = client.ask(large).await;
    assert!(refused.map_or(true, |answer| answer.status.as_u16() == 431));
    assert!(secure.gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_under_way_are_bounded_over_all_connections() {
    let config = EdgeConfig { streams_max: 1, ..EdgeConfig::default() };
    let secure = Secure::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let mut client = secure.http2().await;
    let open = client.begin(get("/b/home/endless")).await.unwrap();
    let mut other = secure.http2().await;
    let refused = other.ask(get("/b/home/who")).await.unwrap();
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "overloaded"));
    drop(open);
    until("the gateway is left alone", || secure.gateway.endless.load(Ordering::SeqCst) == 0).await;
    let again = tokio::time::timeout(LIMIT, async {
        while other.ask(get("/b/home/who")).await.unwrap().status != StatusCode::OK {}
    });
    again.await.expect("its place is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_count_each_request_and_not_each_connection() {
    let rate = Rate { burst: 3, window: Duration::from_secs(600) };
    let config = EdgeConfig { address_rate: rate, ..EdgeConfig::default() };
    let secure = Secure::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let mut client = secure.http2().await;
    for left in ["2", "1", "0"] {
        let answer = client.ask(get("/b/home/who")).await.unwrap();
        assert!(answer.header("ratelimit").starts_with(&format!("\"address\";r={left};")), "{left}");
    }
    assert_eq!(client.ask(get("/b/home/who")).await.unwrap().code(), "too-many-requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_under_way_are_finished_before_the_edge_ends() {
    let mut secure = Secure::start().await;
    let mut client = secure.http2().await;
    let stream = client.begin(get("/b/home/stream"));
    let (response, ()) = tokio::join!(stream, async { secure.gateway.chunks.send("one ").await.unwrap() });
    let mut body = response.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "one ");
    secure.edge.stop.cancel();
    until("the edge asks to begin nothing more", || {
        let sender = client.sender.clone();
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(sender.ready())).is_err()
    })
    .await;
    secure.gateway.chunks.send("two").await.unwrap();
    assert_eq!(body.data().await.unwrap().unwrap(), "two");
    let Secure { gateway, edge, .. } = &mut secure;
    gateway.chunks = tokio::sync::mpsc::channel(1).0;
    while let Some(piece) = body.data().await {
        assert_eq!(piece.unwrap(), "", "the end may come in a piece of its own");
    }
    tokio::time::timeout(LIMIT, edge.server.join_next()).await.expect("the edge ends").unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_stop_ends_every_stream() {
    let mut secure = Secure::start().await;
    let mut client = secure.http2().await;
    let open = client.begin(get("/b/home/endless")).await.unwrap();
    secure.edge.hard.cancel();
    tokio::time::timeout(LIMIT, secure.edge.server.join_next())
        .await
        .expect("the edge ends")
        .unwrap()
        .unwrap();
    drop(open);
}
