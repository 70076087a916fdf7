use http::StatusCode;
use smartbox_edge::EdgeConfig;

use crate::gateway::Gateway;
use crate::harness::{TestEdge, as_user, ready, with};

fn head(edge: &TestEdge, line: &str, headers: &str) -> String {
    format!("{line}\r\nhost: {}\r\ncookie: smartbox_session=1\r\n{headers}\r\n", edge.address)
}

/// A length and chunks: one of them would be believed by the edge and the other by the gateway. Chunks count, the
/// gateway never sees the length, and what follows on the connection is not taken for a request.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_two_lengths_smuggles_nothing() {
    let (edge, gateway) = TestEdge::with_home().await;
    for lengths in [
        "content-length: 6\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 6\r\n",
    ] {
        let smuggled = head(&edge, "GET /smuggled HTTP/1.1", "");
        let answer =
            edge.raw(&format!("{}0\r\n\r\n{smuggled}", head(&edge, "POST /first HTTP/1.1", lengths))).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        assert!(!answer.contains(r#"["content-length""#), "{answer}");
    }
    assert_eq!(*gateway.seen.lock().await, ["/first", "/first"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_can_be_read_in_two_ways_are_refused() {
    let (edge, gateway) = TestEdge::with_home().await;
    for headers in [
        "content-length: 1\r\ncontent-length: 2\r\n",
        "content-length: +1\r\n",
        "content-length: 1, 1\r\n",
        "content-length: -1\r\n",
        "transfer-encoding: chunked, gzip\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: xchunked\r\n",
        "x-folded: a\r\n b\r\n",
        "x-spaced : a\r\n",
        "x-nul: a\0b\r\n",
        "no colon\r\n",
    ] {
        let answer = edge.raw(&format!("{}x", head(&edge, "POST / HTTP/1.1", headers))).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{headers:?}: {answer}");
    }
    for line in
        ["GET / HTTP/1.1 x", "GET  / HTTP/1.1", "GET /a b HTTP/1.1", "G(T / HTTP/1.1", "GET / HTTP/3.0"]
    {
        let answer = edge.raw(&head(&edge, line, "")).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{line:?}: {answer}");
    }
    assert!(gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_chunk_ends_the_request() {
    let (edge, gateway) = TestEdge::with_home().await;
    let many_extensions = format!("3;{}\r\nabc\r\n0\r\n\r\n", "a=b;".repeat(20_000));
    for chunks in [
        "zz\r\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "3\nabc\n0\n\n",
        "-1\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "3 3\r\nabc\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\nx",
        "10000000000000003\r\nabc\r\n0\r\n\r\n",
        "3;a=\"\nb\"\r\nabc\r\n0\r\n\r\n",
        &many_extensions,
    ] {
        let request = format!("{}{chunks}", head(&edge, "POST / HTTP/1.1", "transfer-encoding: chunked\r\n"));
        let answer = edge.raw(&request).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{:.60}: {answer}", chunks);
        assert!(answer.matches("HTTP/1.1").count() <= 1, "{:.60}: {answer}", chunks);
    }
    // Its head may have been passed on; nothing behind it was taken for another request.
    assert!(gateway.seen.lock().await.iter().all(|path| path == "/"));
}

/// An empty header section ends with an empty line, whichever way it is written; what follows is another request.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_feed_alone_ends_a_line_for_everybody_alike() {
    let (edge, gateway) = TestEdge::with_home().await;
    let host = edge.address;
    let bare = format!("GET /one HTTP/1.1\nhost: {host}\ncookie: smartbox_session=1\n\n");
    let folded =
        format!("GET /two HTTP/1.1\r\nhost: {host}\r\ncookie: smartbox_session=1\r\nx-a: b\nx-c: d\r\n\r\n");
    for request in [bare, folded] {
        let answer = edge.raw(&request).await;
        // Either it is refused, or the gateway saw each line as the edge did.
        if answer.starts_with("HTTP/1.1 200") {
            assert!(!answer.contains("b\\nx-c"), "{answer}");
        } else {
            assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        }
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
    let seen = gateway.seen.lock().await;
    assert!(seen.iter().all(|path| path == "/one" || path == "/two"), "{seen:?}");
    drop(seen);
    let answer = edge.raw(&head(&edge, "GET /three HTTP/1.1", "x-a: b\rx-c: d\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "a carriage return alone: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_one_host() {
    let (edge, gateway) = TestEdge::with_home().await;
    let host = edge.address;
    for (line, hosts) in [
        ("GET / HTTP/1.1", format!("host: {host}\r\nhost: {host}\r\n")),
        ("GET / HTTP/1.1", format!("host: {host}, {host}\r\n")),
        ("GET / HTTP/1.1", "host: localhost/x\r\n".to_owned()),
        ("GET http://localhost/ HTTP/1.1", format!("host: {host}\r\n")),
        ("GET http://user@localhost/ HTTP/1.1", "host: localhost\r\n".to_owned()),
        ("GET http:///who HTTP/1.1", "host: localhost\r\n".to_owned()),
        ("GET //evil.example/who HTTP/1.1", String::new()),
        ("OPTIONS * HTTP/1.1", format!("host: {host}\r\n")),
        ("GET / HTTP/1.1", String::new()),
    ] {
        let answer = edge.raw(&format!("{line}\r\n{hosts}cookie: smartbox_session=1\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{line} {hosts:?}: {answer}");
    }
    assert!(gateway.seen.lock().await.is_empty());
    // In absolute form, with the same host in both places, the gateway gets a path.
    let whole =
        format!("GET http://{host}/who HTTP/1.1\r\nhost: {host}\r\ncookie: smartbox_session=1\r\n\r\n");
    assert!(edge.raw(&whole).await.contains(r#""target":"/who""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_large_is_refused() {
    let (edge, gateway) = TestEdge::with_home().await;
    let long = format!("x-long: {}\r\n", "a".repeat(40 * 1024));
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect();
    for headers in [long, many] {
        let answer = edge.raw(&head(&edge, "GET / HTTP/1.1", &headers)).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    let answer = edge.raw(&head(&edge, &format!("GET /{} HTTP/1.1", "a".repeat(70_000)), "")).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert!(gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused() {
    let config = EdgeConfig { request_body_bytes_max: 1000, ..EdgeConfig::default() };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    // Announced: refused before a byte of it is taken.
    let answer = edge.raw(&head(&edge, "POST / HTTP/1.1", "content-length: 1001\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("body-too-large"), "{answer}");
    assert!(gateway.seen.lock().await.is_empty());
    // Not announced: cut off on the way.
    let chunk = format!("400\r\n{}\r\n0\r\n\r\n", "a".repeat(1024));
    let request = format!("{}{chunk}", head(&edge, "POST / HTTP/1.1", "transfer-encoding: chunked\r\n"));
    let answer = edge.raw(&request).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // As much as is allowed passes.
    let request =
        format!("{}{}", head(&edge, "POST / HTTP/1.1", "content-length: 1000\r\n"), "a".repeat(1000));
    assert!(edge.raw(&request).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_a_stranger_points_at_us_is_not_served() {
    let (edge, gateway) = TestEdge::with_home().await;
    for path in ["/", "/v1/boxes", "/health", "/b/home/"] {
        let answer = edge.ask(with(as_user("1", "GET", path), &[("host", "evil.example")])).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::MISDIRECTED_REQUEST, "bad-host"),
            "{path}"
        );
    }
    assert!(edge.raw("GET / HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 400"));
    assert!(
        edge.raw("GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .contains("bad-request")
    );
    assert!(edge.raw("CONNECT evil.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n").await.contains(" 405 "));
    assert!(gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_changes_nothing() {
    let (edge, gateway) = TestEdge::with_home().await;
    for path in ["/", "/v1/boxes", "/_smartbox/boxes/home/wake"] {
        for origin in ["http://evil.example", "null", "http://localhost:1"] {
            let answer = edge.ask(with(as_user("1", "POST", path), &[("origin", origin)])).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (StatusCode::FORBIDDEN, "bad-origin"),
                "{path}"
            );
        }
        let answer = edge.ask(with(as_user("1", "DELETE", path), &[("sec-fetch-site", "cross-site")])).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert_eq!((gateway.seen.lock().await.len(), edge.wakes()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_even_look_at_a_box_or_wake_it() {
    let edge = TestEdge::start(vec![smartbox_edge::Route {
        state: crate::harness::stopped(),
        ..ready(1, 1, "home", true)
    }])
    .await;
    for headers in [
        [("origin", "http://localhost:1"), ("accept", "*/*")],
        [("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")],
    ] {
        assert_eq!(edge.ask(with(as_user("1", "GET", "/b/home/"), &headers)).await.code(), "bad-origin");
    }
    let worker = with(as_user("1", "GET", "/sw.js"), &[("service-worker", "script")]);
    assert_eq!(edge.ask(worker).await.code(), "not-found");
    assert_eq!(edge.wakes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_does_not_show_the_credential() {
    let (edge, gateway) = TestEdge::with_home().await;
    let answer = edge.ask(as_user("1", "TRACE", "/")).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_do_not_pass() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let chunked = "transfer-encoding: chunked\r\ntrailer: x-forwarded-for\r\n";
    let request = format!(
        "{}3\r\nabc\r\n0\r\nx-forwarded-for: 8.8.8.8\r\n\r\n",
        head(&edge, "POST /who HTTP/1.1", chunked)
    );
    let answer = edge.raw(&request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""body":"abc""#), "{answer}");
    assert!(!answer.contains("8.8.8.8"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_without_pause_is_told_to_wait_on_this_machine_too() {
    let rate = smartbox_edge::Rate { burst: 3, window: std::time::Duration::from_secs(600) };
    let config = smartbox_edge::EdgeConfig { address_rate: rate, ..smartbox_edge::EdgeConfig::default() };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = crate::gateway::Gateway::start().await;
    edge.plug(1, &gateway);
    for session in ["1", "2", "nobody"] {
        edge.ask(as_user(session, "GET", "/b/home/who")).await;
    }
    let answer = edge.get("/b/home/who").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "too-many-requests"));
    assert_eq!(answer.header("ratelimit-policy"), "\"address\";q=3;w=600");
    assert!(answer.header("ratelimit").starts_with("\"address\";r=0;t="));
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(edge.get("/healthz").await.status, StatusCode::OK, "the platform itself can be reached");
}
