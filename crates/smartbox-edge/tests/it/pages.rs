use http::StatusCode;
use smartbox_core::Stage;
use smartbox_edge::ports::WakeRefused;
use smartbox_edge::{Route, RouteState};

use crate::gateway::Gateway;
use crate::harness::{Answer, TestEdge, as_user, box_id, ready, stopped, with};

const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

async fn browse(edge: &TestEdge, path: &str) -> Answer {
    edge.ask(with(as_user("1", "GET", path), &[HTML])).await
}

fn home(state: RouteState) -> Route {
    Route { state, ..ready(1, 1, "home", true) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_the_loading_page_and_the_box_is_woken() {
    let edge = TestEdge::start(vec![home(stopped())]).await;
    let page = browse(&edge, "/b/home/chat").await;
    assert_eq!((page.status, edge.wakes()), (StatusCode::SERVICE_UNAVAILABLE, 1));
    assert_eq!(page.header("retry-after"), "3");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let nonce = page.header("x-request-id").to_owned();
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("script-src 'nonce-{nonce}'")), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = page.text();
    assert!(html.contains(&format!(r#"<script nonce="{nonce}">"#)));
    assert!(!html.contains("{{"), "{html}");
    let loaded: Vec<_> = html.split(" src=").skip(1).collect();
    assert!(
        loaded.iter().all(|from| from.starts_with(r#""/_smartbox/"#)),
        "nothing is loaded from elsewhere"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_a_start_is_told_as_it_is() {
    let since = jiff::Timestamp::from_second(3).unwrap();
    let state = RouteState::Waiting { phase: "starting", stage: Some(Stage::Listening), since };
    let edge = TestEdge::start(vec![home(state)]).await;
    let answer = edge.get("/_smartbox/boxes/home/state").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let expected = serde_json::json!({
        "id": box_id(1).to_string(),
        "name": "home",
        "phase": "starting",
        "stage": "listening",
        "since": "1970-01-01T00:00:03Z",
        "elapsed_ms": 4000,
        "ready": false,
        "error": null,
    });
    assert_eq!(answer.json(), expected);
    edge.publish(vec![home(RouteState::Ready)]);
    assert_eq!(edge.get(&format!("/_smartbox/boxes/{}/state", box_id(1))).await.json()["ready"], true);
    assert_eq!(edge.wakes(), 0);
    let wrong = edge.ask(as_user("1", "POST", "/_smartbox/boxes/home/state")).await;
    assert_eq!((wrong.status, wrong.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_start_is_explained_on_the_page() {
    let edge = TestEdge::start(vec![home(stopped())]).await;
    *edge.world.refusal.lock().unwrap() = Some(WakeRefused {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "tier-full",
        title: "All places are taken</script><script>".into(),
        detail: None,
        remedy: Some("Stop <another> box.".into()),
        retry_after: None,
    });
    let page = browse(&edge, "/").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    let html = page.text();
    assert!(html.contains("Stop &lt;another&gt; box."), "{html}");
    assert!(!html.contains("taken</script>"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_or_an_image_is_held_and_gets_no_page() {
    let edge = TestEdge::start(vec![home(stopped())]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    let ready_soon = async {
        crate::harness::until("the wake", || edge.wakes() == 1).await;
        edge.publish(vec![home(RouteState::Ready)]);
    };
    let script = with(as_user("1", "GET", "/app.js"), &[HTML, ("sec-fetch-mode", "no-cors")]);
    let (answer, ()) = tokio::join!(edge.ask(script), ready_soon);
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_shown_a_box_that_should_run_and_does_not_answer() {
    let config = smartbox_edge::EdgeConfig {
        page_patience: std::time::Duration::from_millis(100),
        ..smartbox_edge::EdgeConfig::default()
    };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let page = browse(&edge, "/").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text().contains("Starting"));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_pages_for_people() {
    let edge = TestEdge::start(vec![]).await;
    let page = browse(&edge, "/b/unknown/").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("There is no such box"));
    assert!(page.text().contains("<code>smartbox box list</code>"));
    assert_eq!(page.header("x-frame-options"), "DENY");
}
