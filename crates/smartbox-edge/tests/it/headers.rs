use http::StatusCode;

use crate::harness::{CREDENTIAL, TestEdge, as_user, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_sees_the_platforms_word_and_nothing_the_client_claims() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let request = with(
        as_user("1", "GET", "/b/home/who"),
        &[
            (CREDENTIAL, "admin"),
            ("x-openclaw-scopes", "operator.admin"),
            ("x-forwarded-for", "8.8.8.8, 127.0.0.1"),
            ("x-forwarded-for", "9.9.9.9"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "for=8.8.8.8"),
            ("x-real-ip", "8.8.8.8"),
            ("cf-connecting-ip", "8.8.8.8"),
            ("x-smartbox-anything", "1"),
            ("x-platform-user", "admin"),
            ("tailscale-user-login", "root@example.com"),
            ("authorization", "Bearer sbx_secret"),
            ("x-admin-secret", "secret"),
            ("x-request-id", "mine"),
            ("x-kept", "1"),
        ],
    );
    let answer = edge.ask(request).await;
    assert_eq!(answer.seen(CREDENTIAL), [smartbox_core::Principal::actor(&user_one())]);
    assert_eq!(answer.seen("x-openclaw-scopes"), ["operator.read"]);
    // The client is on this machine: the address that stands for it is told, because loopback would be refused.
    assert_eq!(answer.seen("x-forwarded-for"), ["192.0.2.1"]);
    assert_eq!(answer.seen("x-forwarded-proto"), ["http"]);
    assert_eq!(answer.seen("x-forwarded-host"), [edge.address.to_string()]);
    assert_eq!(answer.seen("host"), [edge.address.to_string()]);
    assert_eq!(answer.seen("x-request-id"), [answer.header("x-request-id")]);
    assert_eq!(answer.seen("x-kept"), ["1"]);
    for gone in [
        "x-forwarded-prefix",
        "forwarded",
        "x-real-ip",
        "cf-connecting-ip",
        "x-smartbox-anything",
        "x-platform-user",
        "tailscale-user-login",
        "authorization",
        "x-admin-secret",
        "cookie",
    ] {
        assert!(answer.seen(gone).is_empty(), "{gone}");
    }
}

fn user_one() -> smartbox_core::Principal {
    let user = smartbox_core::UserId::from_parts(jiff::Timestamp::UNIX_EPOCH, [1; 10]);
    smartbox_core::Principal::user(user, crate::harness::org(1), smartbox_core::Role::Owner)
}

#[tokio::test(flavor = "multi_thread")]
async fn hop_by_hop_headers_end_at_the_edge() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let request = with(
        as_user("1", "GET", "/b/home/who"),
        &[
            ("connection", "keep-alive, X-Private, x-forwarded-for, cookie"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("trailer", "x-sum"),
            ("proxy-authorization", "Basic x"),
            ("proxy-connection", "keep-alive"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAAA"),
            ("origin", ""),
        ],
    );
    // Only `websocket` is upgraded to; with a foreign Origin even the attempt is refused.
    assert_eq!(edge.ask(request.clone()).await.code(), "bad-origin");
    let mut request = request;
    request.headers_mut().remove("origin");
    let answer = edge.ask(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    for gone in [
        "connection",
        "x-private",
        "keep-alive",
        "te",
        "trailer",
        "proxy-authorization",
        "proxy-connection",
        "upgrade",
    ] {
        assert!(answer.seen(gone).is_empty(), "{gone}");
    }
    // What the edge itself says cannot be named away.
    assert_eq!(answer.seen("x-forwarded-for"), ["192.0.2.1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_cannot_speak_for_the_platform() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let answer = edge.get("/b/home/headers").await;
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(cookies, ["theme=dark; Path=/b/home/ui"]);
    for gone in [
        "strict-transport-security",
        "clear-site-data",
        CREDENTIAL,
        "vary",
        "keep-alive",
        "x-private",
        "connection",
    ] {
        assert_eq!(answer.header(gone), "", "{gone}");
    }
    assert_eq!(answer.header("x-kept"), "1");
    let everything = format!("{:?}", answer.headers).to_lowercase();
    assert!(!everything.contains("5ec4e7"), "{everything}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boxes_own_cookies_pass_and_the_session_does_not() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let mut request = as_user("1", "GET", "/b/home/who");
    request.headers_mut().insert("cookie", "theme=dark; smartbox_session=1; a=b".parse().unwrap());
    assert_eq!(edge.ask(request).await.seen("cookie"), ["theme=dark; a=b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checked_origin_is_told_as_the_one_that_gateways_accept() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let own = format!("http://{}", edge.address);
    let answer = edge.ask(with(as_user("1", "POST", "/b/home/who"), &[("origin", &own)])).await;
    assert_eq!(answer.seen("origin"), ["http://smartbox.invalid"]);
    let answer = edge.ask(as_user("1", "POST", "/b/home/who")).await;
    assert!(answer.seen("origin").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_stay_under_the_boxes_path() {
    let (edge, _gateway) = TestEdge::with_home().await;
    assert_eq!(edge.get("/b/home/redirect").await.header("location"), "/b/home/ui?x=1");
    assert_eq!(edge.get("/redirect").await.header("location"), "/ui?x=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_under_a_prefix_learns_its_base() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let browse = |path: &str| {
        edge.ask(with(as_user("1", "GET", path), &[("accept", "text/html"), ("accept-encoding", "gzip, br")]))
    };
    let page = browse("/b/home/ui").await;
    assert_eq!(page.text(), r#"<html data-base="/b/home"><link href="/b/home/a.css"></html>"#);
    assert_eq!(page.header("content-length"), page.body.len().to_string());
    assert_eq!(page.header("etag"), "");
    assert_eq!(browse("/b/home/who").await.seen("accept-encoding"), ["identity"]);
    // At the root nothing has to be told.
    let page = browse("/ui").await;
    assert_eq!(page.text(), r#"<html data-base=""><link href="/a.css"></html>"#);
    assert_eq!(page.header("etag"), "\"1\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_control_ui_runs_in_the_platforms_origin() {
    let (edge, _gateway) = TestEdge::with_home().await;
    for prefix in ["", "/b/home"] {
        for path in ["/agent-page", "/agent-image", "/untyped"] {
            let page = edge.get(&format!("{prefix}{path}")).await;
            assert!(page.header("content-security-policy").starts_with("sandbox "), "{prefix}{path}");
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            assert!(!page.text().contains("/b/home"), "{}", page.text());
        }
        let ui = edge.get(&format!("{prefix}/ui")).await;
        let policies: Vec<_> = ui.headers.get_all("content-security-policy").iter().collect();
        assert_eq!(policies, ["default-src 'self'; script-src 'self' 'sha256-abc='"], "{prefix}");
        assert_eq!(edge.get(&format!("{prefix}/who")).await.header("content-security-policy"), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_may_come_compressed_and_pages_may_not() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let encodings = async |path: &str| {
        edge.ask(with(as_user("1", "GET", path), &[("accept-encoding", "gzip, br")]))
            .await
            .seen("accept-encoding")
    };
    assert_eq!(encodings("/b/home/assets/app.js").await, ["gzip, br"]);
    assert_eq!(encodings("/b/home/").await, ["identity"]);
    assert_eq!(encodings("/chat").await, ["identity"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_says_of_the_caller_goes_no_further_than_the_edge() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let signed =
        http::Request::builder().uri("/who?signed=1&kept=1").body(http_body_util::Full::default()).unwrap();
    let answer = edge.ask(signed).await;
    assert_eq!((answer.status, answer.json()["target"].as_str()), (StatusCode::OK, Some("/who?kept=1")));
    assert_eq!(answer.seen(CREDENTIAL), [smartbox_core::Principal::actor(&user_one())]);
}
