//! Hosts of boxes, and how a browser comes to them.

use http::StatusCode;
use smartbox_edge::EdgeConfig;
use tokio_tungstenite::tungstenite::Error;

use crate::gateway::Gateway;
use crate::harness::{Answer, TestEdge, as_user, box_id, ready, with};
use crate::websocket::open;

const PAGE: [(&str, &str); 2] = [("accept", "text/html"), ("sec-fetch-mode", "navigate")];

/// `home` and `lab` of org 1, `home` of org 2, with a domain for hosts of their own.
async fn edge() -> (TestEdge, Vec<Gateway>) {
    let config = EdgeConfig {
        public_hosts: vec!["boxes.example".into()],
        box_domains: vec!["localhost".into(), "boxes.example".into()],
        local_url: Some("http://127.0.0.1:8080".into()),
        ..EdgeConfig::default()
    };
    let routes = vec![ready(1, 1, "home", true), ready(2, 1, "lab", false), ready(3, 2, "home", true)];
    let edge = TestEdge::start_with(config, routes).await;
    let mut gateways = Vec::new();
    for n in 1..=3 {
        let gateway = Gateway::start().await;
        edge.plug(n, &gateway);
        gateways.push(gateway);
    }
    (edge, gateways)
}

async fn get(edge: &TestEdge, session: &str, host: &str, path: &str) -> Answer {
    edge.ask(with(as_user(session, "GET", path), &[("host", host)])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_of_a_box_is_that_box_and_nothing_of_the_platform() {
    let (edge, gateways) = edge().await;
    let id = box_id(2).to_string().replace('_', "-");
    for (host, n) in [
        ("home.localhost".to_owned(), 0),
        ("HOME.localhost:8080".to_owned(), 0),
        ("lab.boxes.example".to_owned(), 1),
        (format!("{id}.localhost"), 1),
    ] {
        for path in ["/", "/v1/chat/completions", "/sign-in", "/health", "/b/lab/"] {
            let answer = get(&edge, "1", &host, path).await;
            assert_eq!(
                (answer.status, answer.json()["target"].as_str()),
                (StatusCode::OK, Some(path)),
                "{host}{path}"
            );
        }
        assert_eq!(gateways[n].seen.lock().await.drain(..).count(), 5, "{host}");
    }
    // Where a browser exchanges its ticket is the one path that is the platform's.
    let entered = get(&edge, "1", "home.localhost", "/_smartbox/enter?ticket=x").await;
    assert_eq!(entered.json()["platform"], "/_smartbox/enter");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_of_a_box_of_somebody_else_looks_like_one_of_no_box() {
    let (edge, gateways) = edge().await;
    for host in ["nothing.localhost", "lab.localhost"] {
        assert_eq!(get(&edge, "2", host, "/").await.code(), "box-not-found", "{host}");
    }
    assert_eq!(get(&edge, "2", "home.localhost", "/mine").await.status, StatusCode::OK);
    assert_eq!(*gateways[2].seen.lock().await, ["/mine"], "a name counts in one's own org");
    assert!(gateways[0].seen.lock().await.is_empty() && gateways[1].seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_are_strangers_to_each_other() {
    let (edge, _gateways) = edge().await;
    for (site, mode) in [("same-site", "cors"), ("same-site", "no-cors"), ("cross-site", "cors")] {
        let request = as_user("1", "GET", "/");
        let headers = [("host", "lab.boxes.example"), ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
        assert_eq!(edge.ask(with(request, &headers)).await.code(), "bad-origin", "{site} {mode}");
    }
    let origin = [("host", "lab.localhost"), ("origin", "http://home.localhost")];
    for method in ["GET", "POST", "DELETE"] {
        assert_eq!(edge.ask(with(as_user("1", method, "/"), &origin)).await.code(), "bad-origin", "{method}");
    }
    let socket = open(&edge, "/", &origin).await;
    assert!(matches!(socket, Err(Error::Http(refused)) if refused.status() == StatusCode::FORBIDDEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_at_the_host_of_a_box_is_sent_to_sign_in() {
    let (edge, _gateways) = edge().await;
    for (host, home) in [
        ("home.localhost:8080", "http://127.0.0.1:8080"),
        ("home.boxes.example:8080", "http://boxes.example:8080"),
    ] {
        let mut headers = vec![("host", host)];
        headers.extend(PAGE);
        let sent = edge.ask(with(as_user("nobody", "GET", "/chat?session=a&b"), &headers)).await;
        let encoded = host.replace(':', "%3A");
        let to = format!("{home}/sign-in/box?host={encoded}&to=/chat%3Fsession%3Da%26b");
        assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, to.as_str()));
    }
    let program = get(&edge, "nobody", "home.localhost", "/").await;
    assert_eq!(program.code(), "not-signed-in", "a program is told so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_box_beside_the_platforms_own_is_moved_to_the_boxes_host() {
    let (edge, gateways) = edge().await;
    let mut headers = vec![("host", "boxes.example:8080")];
    headers.extend(PAGE);
    let other = box_id(1).to_string().replace('_', "-");
    for (path, to) in [
        ("/b/lab/chat?x=1", "http://lab.boxes.example:8080/chat?x=1".to_owned()),
        // Two orgs have a `home`.
        ("/", format!("http://{other}.boxes.example:8080/")),
    ] {
        let sent = edge.ask(with(as_user("1", "GET", path), &headers)).await;
        assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, to.as_str()), "{path}");
    }
    for gateway in &gateways {
        assert!(gateway.seen.lock().await.is_empty());
    }
    let program = get(&edge, "1", "boxes.example:8080", "/b/lab/").await;
    assert_eq!(program.status, StatusCode::OK, "programs have no origin that could be shared");
    let local = edge.ask(with(as_user("1", "GET", "/b/lab/"), &PAGE)).await;
    assert_eq!(local.status, StatusCode::OK, "where there is no domain, there is the path");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_box_leaves_the_address_before_anything_else_sees_it() {
    let (edge, gateways) = edge().await;
    for path in ["/?token=sbx_abc-DEF_1", "/b/lab/?token=sbx_abc"] {
        let answer = edge.ask(as_user("nobody", "GET", path)).await;
        assert_eq!(answer.json()["platform"], "/_smartbox/enter", "{path}");
    }
    for path in [
        "/?token=not-of-ours",
        "/chat?token=sbx_abc",
        "/?token=sbx_abc&x=1",
        "/?x=1&token=sbx_abc",
        "/?token=sbx_a%62c",
        "/?gatewayUrl=wss://evil.example&token=sbx_abc",
    ] {
        assert_eq!(edge.get(path).await.code(), "credential-in-url", "{path}");
    }
    assert_eq!(edge.ask(as_user("1", "POST", "/?token=sbx_abc")).await.code(), "credential-in-url");
    for gateway in &gateways {
        assert!(gateway.seen.lock().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_lets_the_page_in_that_it_was_made_for() {
    let (edge, gateways) = edge().await;
    let good = [("origin", "https://app.example"), ("sec-fetch-site", "cross-site")];
    let request = with(as_user("nobody", "GET", "/b/home/report?ticket=tkt_1"), &good);
    // The double's ticket is the whole query; what is left of it goes on.
    assert_eq!(edge.ask(request).await.status, StatusCode::OK);
    assert_eq!(*gateways[0].seen.lock().await, ["/report"], "the gateway does not see it");
    let mut socket = open(&edge, "/b/home/ws?ticket=tkt_1", &good).await.unwrap();
    assert!(crate::websocket::next(&mut socket).await.is_some());

    for (headers, code) in [
        (vec![("origin", "https://evil.example")], "not-signed-in"),
        (vec![("origin", "null")], "not-signed-in"),
    ] {
        let request = with(as_user("1", "GET", "/b/home/?ticket=tkt_1"), &headers);
        assert_eq!(edge.ask(request).await.code(), code, "{headers:?}");
    }
    for (method, path) in
        [("POST", "/b/home/?ticket=tkt_1"), ("GET", "/b/home/?ticket=1"), ("GET", "/b/home/?x=tkt_1")]
    {
        let request = with(as_user("1", method, path), &good);
        assert_eq!(edge.ask(request).await.code(), "bad-origin", "{method} {path}");
    }
    let api = with(as_user("1", "POST", "/v1/boxes?ticket=tkt_1"), &good);
    assert_eq!(edge.ask(api).await.code(), "bad-origin", "a ticket is for boxes");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_approved_device_reaches_no_box() {
    let (edge, gateways) = edge().await;
    assert_eq!(edge.ask(as_user("1-unpaired", "GET", "/b/home/")).await.code(), "device-not-approved");
    assert_eq!(
        edge.ask(as_user("1-unpaired", "POST", "/_smartbox/boxes/home/wake")).await.code(),
        "device-not-approved"
    );
    let sent = edge.ask(with(as_user("1-unpaired", "GET", "/b/home/chat?x=1"), &PAGE)).await;
    let to = "/sign-in/device?to=/b/home/chat%3Fx%3D1";
    assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, to));
    assert!(gateways[0].seen.lock().await.is_empty());
    assert_eq!(edge.wakes(), 0);
}
