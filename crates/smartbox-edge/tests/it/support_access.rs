//! Support access at the edge: a browser that has it, and pages that show it.

use http::StatusCode;
use smartbox_edge::EdgeConfig;

use crate::gateway::Gateway;
use crate::harness::{TestEdge, as_user, ready, stopped, with};

/// What pages load.
const BANNER: &str = r#"<script src="/_smartbox/support/banner.js" defer></script></head>"#;
const PAGE: [(&str, &str); 2] = [("accept", "text/html"), ("sec-fetch-mode", "navigate")];

async fn edge() -> (TestEdge, Gateway) {
    let config = EdgeConfig {
        public_hosts: vec!["boxes.example".into()],
        box_domains: vec!["localhost".into(), "boxes.example".into()],
        ..EdgeConfig::default()
    };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    (edge, gateway)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_ui_shows_it_to_people_beside_the_platforms_own_pages() {
    let (edge, _gateway) = edge().await;
    for session in ["1", "1-support"] {
        for path in ["/b/home/headed-ui", "/headed-ui"] {
            let page = edge.ask(with(as_user(session, "GET", path), &PAGE)).await;
            assert_eq!(
                (page.status, page.text().contains(BANNER)),
                (StatusCode::OK, true),
                "{session} {path}"
            );
            assert_eq!(page.header("content-length"), page.text().len().to_string());
            assert_eq!(page.header("etag"), "", "it is not the page that the gateway has");
        }
    }
    let program = edge.ask(with(as_user("admin", "GET", "/headed-ui"), &PAGE)).await;
    assert!(!program.text().contains(BANNER), "the admin is helped by nobody");
    let host = [("host", "home.localhost")];
    let own = edge.ask(with(with(as_user("1", "GET", "/headed-ui"), &PAGE), &host)).await;
    assert!(!own.text().contains(BANNER), "at its own host the platform cannot be asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_with_it_stays_at_the_platforms_host_where_its_cookie_is() {
    let (edge, _gateway) = edge().await;
    let mut headers = vec![("host", "boxes.example")];
    headers.extend(PAGE);
    let moved = edge.ask(with(as_user("1", "GET", "/b/home/headed-ui"), &headers)).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    let stays = edge.ask(with(as_user("1-support", "GET", "/b/home/headed-ui"), &headers)).await;
    assert_eq!((stays.status, stays.text().contains(BANNER)), (StatusCode::OK, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_is_on_its_way_shows_it_too() {
    let mut route = ready(1, 1, "home", true);
    route.state = stopped();
    let edge = TestEdge::start(vec![route]).await;
    let page = edge.ask(with(as_user("1", "GET", "/b/home/"), &PAGE)).await;
    assert!(
        page.text().contains(r#" src="/_smartbox/support/banner.js" defer></script>"#),
        "{}",
        page.text()
    );
}
