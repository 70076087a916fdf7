//! Requests that a routing flag sends to another server.

use std::sync::Arc;

use http::StatusCode;
use http_body_util::Full;
use smartbox_core::routing::OutcomeKind::{self, Answered};
use smartbox_core::routing::{RouteName, RoutingFlag, RoutingFlags};
use tokio_tungstenite::tungstenite::Message;

use crate::gateway::Gateway;
use crate::harness::{CREDENTIAL, TestEdge, as_user, ready, stopped, user, with};
use crate::websocket::{call, greet, next, open};

pub(crate) fn url(gateway: &Gateway) -> String {
    format!("http://{}", gateway.address)
}

impl TestEdge {
    /// Changes a route.
    pub(crate) fn route(&self, name: RouteName, primary: &str, candidate: &str, percentage: u8) {
        let mut flags = RoutingFlags::clone(&self.flags.borrow());
        let version = flags.get(name).version + 1;
        let (primary, candidate) = (primary.parse().unwrap(), candidate.parse().unwrap());
        flags.renew(RoutingFlag { version, primary, candidate, percentage, ..RoutingFlag::unused(name) });
        self.flags.send_replace(Arc::new(flags));
    }

    /// Changes where boxes are.
    pub(crate) fn boxes_to(&self, primary: &str, candidate: &str, percentage: u8) {
        self.route(RouteName::ContainerGateway, primary, candidate, percentage);
    }

    /// What was told of the candidate since the last time.
    pub(crate) fn told(&mut self) -> Vec<OutcomeKind> {
        std::iter::from_fn(|| self.outcomes.try_recv().ok()).map(|told| told.kind).collect()
    }
}

pub(crate) async fn seen(gateway: &Gateway) -> Vec<String> {
    gateway.seen.lock().await.clone()
}

/// An edge with a box at home and another server.
pub(crate) async fn two() -> (TestEdge, Gateway, Gateway) {
    let (edge, home) = TestEdge::with_home().await;
    (edge, home, Gateway::start().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_is_told_who_asks_and_gets_nothing_that_is_worth_something_here() {
    let (edge, _home, other) = two().await;
    edge.boxes_to("self", &url(&other), 100);
    let request = with(
        as_user("1", "GET", "/b/home/who?x=1"),
        &[
            ("cookie", "theirs=1; __Host-smartbox_session=2"),
            ("authorization", "Bearer sbx_secret"),
            ("x-admin-secret", "secret"),
            ("x-forwarded-for", "8.8.8.8"),
            ("x-smartbox-caller", "admin"),
            ("cf-access-jwt-assertion", "secret"),
            ("x-openclaw-scopes", "operator.admin"),
            (CREDENTIAL, "admin"),
            ("via", "1.0 fred"),
            ("origin", &format!("http://{}", edge.address)),
            ("x-kept", "1"),
        ],
    );
    let answer = edge.ask(request).await;
    assert_eq!(answer.json()["target"], "/b/home/who?x=1", "the path is that of the client");
    assert_eq!(answer.seen("host"), [other.address.to_string()]);
    assert_eq!(answer.seen("origin"), [url(&other)]);
    assert_eq!(answer.seen("x-forwarded-host"), [edge.address.to_string()]);
    assert_eq!(answer.seen("x-forwarded-for"), ["192.0.2.1"]);
    assert_eq!(answer.seen("x-forwarded-proto"), ["http"]);
    assert_eq!(answer.seen("x-request-id"), [answer.header("x-request-id")]);
    assert_eq!(answer.seen("x-smartbox-caller"), [user(1).to_string()]);
    assert_eq!(answer.seen("via"), ["1.0 fred", "1.1 smartbox-test"]);
    assert_eq!(answer.seen("cookie"), ["theirs=1"]);
    assert_eq!(answer.seen("x-kept"), ["1"]);
    for gone in
        ["authorization", "x-admin-secret", "cf-access-jwt-assertion", "x-openclaw-scopes", CREDENTIAL]
    {
        assert!(answer.seen(gone).is_empty(), "{gone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_address_reaches_another_server_whole() {
    let (edge, _home, other) = two().await;
    edge.boxes_to(&url(&other), "self", 0);
    let request = http::Request::builder().uri("/who?signed=1&kept=1").body(Full::default()).unwrap();
    assert_eq!(edge.ask(request).await.json()["target"], "/who?signed=1&kept=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_ask_here_asks_nobody_there() {
    let edge = TestEdge::start(vec![ready(1, 1, "home", true), ready(2, 2, "theirs", true)]).await;
    let other = Gateway::start().await;
    edge.boxes_to(&url(&other), &url(&other), 50);
    edge.route(RouteName::AdminApi, &url(&other), &url(&other), 50);
    for (request, status) in [
        (as_user("none", "GET", "/"), 401),
        (as_user("1", "GET", "/b/theirs/"), 404),
        (as_user("1", "GET", "/b/nowhere/"), 404),
        (as_user("1", "GET", "/?token=x"), 400),
        (as_user("1", "GET", "/a/%2e%2e/b"), 400),
        (as_user("1-viewer", "POST", "/tools/invoke"), 403),
        (with(as_user("1", "GET", "/"), &[("host", "evil.example")]), 421),
        (with(as_user("1", "POST", "/"), &[("origin", "http://evil.example")]), 403),
        (as_user("none", "GET", "/api/super/users"), 401),
        (as_user("1", "GET", "/api/super/users"), 403),
        (as_user("admin", "GET", "/api/super/../../b/home"), 400),
        (as_user("admin", "GET", "/api/admin/devices?api_key=x"), 400),
        (with(as_user("admin", "GET", "/api/super/users"), &[("origin", "http://evil.example")]), 403),
    ] {
        let what = format!("{request:?}");
        assert_eq!(edge.ask(request).await.status.as_u16(), status, "{what}");
    }
    assert_eq!(seen(&other).await, [""; 0]);
    assert_eq!(edge.ask(as_user("1", "GET", "/api/super/users")).await.code(), "admin-only");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_api_of_another_server_gets_the_secret_and_boxes_never_do() {
    let (edge, home, other) = two().await;
    edge.boxes_to("self", &url(&other), 100);
    edge.route(RouteName::AdminApi, &url(&other), "self", 0);
    let secret = ("x-admin-secret", "the-secret");
    for path in ["/api/super/users/u1/files/a%20b?recursive=1", "/api/admin/devices"] {
        let request = with(as_user("admin", "PUT", path), &[secret, ("authorization", "Bearer x")]);
        let request = request.map(|_empty| Full::from("config"));
        let answer = edge.ask(request).await;
        assert_eq!(
            (answer.json()["method"].as_str(), answer.json()["target"].as_str()),
            (Some("PUT"), Some(path))
        );
        assert_eq!(answer.json()["body"], "config");
        assert_eq!(answer.seen("x-admin-secret"), ["the-secret"]);
        assert_eq!(answer.seen("x-smartbox-caller"), ["admin"]);
        assert!(answer.seen("authorization").is_empty() && answer.seen("cookie").is_empty());
    }
    let boxes = edge.ask(with(as_user("1", "GET", "/who"), &[secret])).await;
    assert!(boxes.seen("x-admin-secret").is_empty());
    assert_eq!(seen(&home).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_api_is_this_platforms_where_nothing_else_is_said() {
    let (mut edge, home, other) = two().await;
    assert_eq!(edge.get("/api/super/users").await.json()["platform"], "/api/super/users");
    edge.route(RouteName::AdminApi, &url(&other), "self", 100);
    let answer = edge.ask(as_user("admin", "GET", "/api/admin/devices")).await;
    assert_eq!(answer.json()["platform"], "/api/admin/devices");
    assert_eq!(edge.told(), [Answered], "this platform is the candidate here");
    assert_eq!(edge.get("/api/superb").await.json()["target"], "/api/superb", "that is a box's");
    assert_eq!((seen(&home).await.len(), seen(&other).await.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_server_sends_is_made_safe_for_this_origin() {
    let (edge, _home, other) = two().await;
    edge.boxes_to("self", &url(&other), 100);
    let loud = edge.get("/headers").await;
    let cookies: Vec<_> = loud.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(cookies, ["theme=dark; Path=/ui"], "not the session, and for this very host only");
    assert_eq!(loud.header("x-kept"), "1");
    for gone in ["strict-transport-security", "clear-site-data", CREDENTIAL, "x-private"] {
        assert_eq!(loud.header(gone), "", "{gone}");
    }
    let moved = edge.get("/redirect").await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (StatusCode::FOUND, "/ui?x=1"),
        "it is not followed"
    );
    assert!(edge.get("/agent-page").await.header("content-security-policy").starts_with("sandbox"));
    let ui = edge.get("/ui").await;
    assert!(!ui.header("content-security-policy").contains("sandbox"));
    assert!(ui.text().contains(r#"data-base="""#), "its pages are not rewritten");
    assert_eq!(ui.header("x-content-type-options"), "nosniff");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_of_another_server_is_held_to_the_same_policy() {
    let (edge, home, other) = two().await;
    edge.boxes_to("self", &url(&other), 100);
    let mut socket = open(&edge, "/b/home/x?y=1", &[("cookie", "smartbox_session=1-viewer")]).await.unwrap();
    assert_eq!(next(&mut socket).await.unwrap(), Message::text("hello /b/home/x?y=1"));
    let greeted = greet(&mut socket).await;
    assert_eq!(greeted["params"]["scopes"], serde_json::json!(["operator.read"]));
    use futures_util::SinkExt;
    socket.send(call("chat.send", "x")).await.unwrap();
    let refused = next(&mut socket).await.unwrap();
    assert!(refused.to_text().unwrap().contains("PERMISSION_MISSING"), "{refused}");
    socket.send(call("health", "x")).await.unwrap();
    assert_eq!(next(&mut socket).await.unwrap(), call("health", "x"));
    assert_eq!(seen(&home).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_is_not_woken_for_somebody_who_is_elsewhere() {
    let (edge, _home, other) = two().await;
    edge.publish(vec![smartbox_edge::Route { state: stopped(), ..ready(1, 1, "home", true) }]);
    edge.boxes_to("self", &url(&other), 100);
    assert_eq!(edge.get("/b/home/who").await.status, StatusCode::OK);
    assert_eq!(edge.wakes(), 0);
}
