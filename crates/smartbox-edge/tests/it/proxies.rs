//! Clients behind proxies.

use std::time::Duration;

use http::StatusCode;
use smartbox_edge::{EdgeConfig, Rate};

use crate::gateway::Gateway;
use crate::harness::{TestEdge, as_user, ready, with};

/// An edge that trusts proxies on this machine and in 10.0.0.0/8.
async fn behind_proxies(config: EdgeConfig) -> (TestEdge, Gateway) {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    let config = EdgeConfig { trusted_proxies, public_hosts: vec!["boxes.example".to_owned()], ..config };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    (edge, gateway)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_that_a_trusted_proxy_names_is_the_client() {
    let (edge, _gateway) = behind_proxies(EdgeConfig::default()).await;
    let from = [("x-forwarded-for", "6.6.6.6, 203.0.113.7, 10.1.1.1")];
    assert_eq!(
        edge.ask(with(as_user("1", "GET", "/who"), &from)).await.seen("x-forwarded-for"),
        ["203.0.113.7"]
    );
    let told = edge.ask(with(as_user("1", "GET", "/v1/boxes"), &from)).await.json();
    assert_eq!(told["client"], "203.0.113.7:0");
    let broken = [("x-forwarded-for", "203.0.113.7, unknown, 10.1.1.1")];
    assert_eq!(
        edge.ask(with(as_user("1", "GET", "/who"), &broken)).await.seen("x-forwarded-for"),
        ["10.1.1.1"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_a_stranger_is_overwritten_on_this_machine_too() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let claims = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")];
    let seen = edge.ask(with(as_user("1", "GET", "/who"), &claims)).await;
    assert_eq!(seen.seen("x-forwarded-for"), ["192.0.2.1"]);
    assert_eq!(seen.seen("x-forwarded-proto"), ["http"]);
    let told = edge.ask(with(as_user("1", "GET", "/v1/boxes"), &claims)).await.json();
    assert!(told["client"].as_str().unwrap().starts_with("127.0.0.1:"), "{told}");
    assert_eq!(told["scheme"], "http");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_behind_one_proxy_are_limited_each_on_their_own() {
    let rate = Rate { burst: 1, window: Duration::from_secs(600) };
    let (edge, _gateway) = behind_proxies(EdgeConfig { address_rate: rate, ..EdgeConfig::default() }).await;
    for client in ["203.0.113.7", "203.0.113.8"] {
        let ask = || edge.ask(with(as_user("1", "GET", "/who"), &[("x-forwarded-for", client)]));
        assert_eq!(ask().await.status, StatusCode::OK, "{client}");
        assert_eq!(ask().await.status, StatusCode::TOO_MANY_REQUESTS, "{client}");
    }
    // Nobody gets another allowance by writing something in front.
    let forged = [("x-forwarded-for", "1.2.3.4, 203.0.113.7")];
    assert_eq!(
        edge.ask(with(as_user("1", "GET", "/who"), &forged)).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_says_whether_the_client_came_over_tls() {
    let (edge, _gateway) = behind_proxies(EdgeConfig::default()).await;
    let ask = |proto: &'static str, origin: &'static str| {
        let headers = [("host", "boxes.example"), ("x-forwarded-proto", proto), ("origin", origin)];
        edge.ask(with(as_user("1", "POST", "/who"), &headers))
    };
    assert_eq!(ask("https", "https://boxes.example").await.seen("x-forwarded-proto"), ["https"]);
    assert_eq!(ask("https", "http://boxes.example").await.code(), "bad-origin");
    assert_eq!(ask("http", "http://boxes.example").await.seen("x-forwarded-proto"), ["http"]);
    // What cannot be read in one way says nothing, and the settings count.
    assert_eq!(ask("https, http", "http://boxes.example").await.seen("x-forwarded-proto"), ["http"]);
}

/// All clients come over the proxy's connections: it may have as many as it needs.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_is_not_counted_by_its_address() {
    let config = EdgeConfig { connections_per_address: 1, ..EdgeConfig::default() };
    let (edge, _gateway) = behind_proxies(config).await;
    let _open = [edge.connect::<http_body_util::Full<bytes::Bytes>>().await, edge.connect().await];
    assert_eq!(edge.get("/who").await.status, StatusCode::OK);
}
