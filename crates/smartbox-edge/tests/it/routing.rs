use http::StatusCode;

use crate::gateway::Gateway;
use crate::harness::{TestEdge, as_user, box_id, ready, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_box_answers_under_its_name_its_id_and_as_the_default() {
    let (edge, _gateway) = TestEdge::with_home().await;
    for (path, target) in [
        ("/b/home/chat?x=1", "/chat?x=1"),
        (&format!("/b/{}/chat", box_id(1)), "/chat"),
        ("/chat?y", "/chat?y"),
        ("/b/home/", "/"),
        ("/b/home/a%20b", "/a%20b"),
    ] {
        let answer = edge.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.json()["target"], target, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_of_somebody_else_looks_like_one_that_does_not_exist() {
    let edge = TestEdge::start(vec![ready(1, 1, "home", true), ready(2, 2, "secret", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(2, &gateway);
    let theirs = edge.get("/b/secret/").await;
    let by_id = edge.get(&format!("/b/{}/", box_id(2))).await;
    let unknown = edge.get("/b/unknown/").await;
    let strip = |answer: &crate::harness::Answer| {
        let mut problem = answer.json();
        problem["instance"].take();
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        (answer.status, problem, format!("{headers:?}").len())
    };
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.code(), "box-not-found");
    assert_eq!(strip(&theirs), strip(&unknown));
    assert_eq!(strip(&by_id), strip(&unknown));
    assert_eq!(edge.ask(as_user("2", "GET", "/b/secret/")).await.status, StatusCode::OK);
    assert_eq!(edge.ask(as_user("admin", "GET", "/b/secret/")).await.status, StatusCode::OK);
    // The loading page's questions keep the same secret.
    let state = edge.get(&format!("/_smartbox/boxes/{}/state", box_id(2))).await;
    assert_eq!(state.status, StatusCode::NOT_FOUND);
    assert_eq!(
        edge.ask(as_user("1", "POST", "/_smartbox/boxes/secret/wake")).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(edge.wakes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_orgs_each_see_their_own_default_box() {
    let edge = TestEdge::start(vec![ready(1, 1, "home", true), ready(2, 2, "home", true)]).await;
    let (one, two) = (Gateway::start().await, Gateway::start().await);
    edge.plug(1, &one);
    edge.plug(2, &two);
    edge.get("/one").await;
    edge.ask(as_user("2", "GET", "/b/home/two")).await;
    edge.ask(as_user("admin", "GET", "/three")).await;
    assert_eq!(*one.seen.lock().await, ["/one", "/three"]);
    assert_eq!(*two.seen.lock().await, ["/two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_paths_reach_the_platform_with_the_clients_address_and_a_request_id() {
    let (edge, gateway) = TestEdge::with_home().await;
    let request =
        http::Request::get("/v1/boxes").header("x-request-id", "mine").body(Default::default()).unwrap();
    let answer = edge.ask(request).await;
    assert_eq!(answer.json()["platform"], "/v1/boxes");
    assert!(answer.json()["client"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
    assert_ne!(answer.header("x-request-id"), "mine");
    for path in ["/health", "/readyz", "/sign-in", "/_smartbox/x", "/openapi.json"] {
        assert_eq!(edge.get(path).await.json()["platform"], path);
    }
    assert!(gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_without_a_trailing_slash_is_redirected() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let answer = edge.get("/b/home?x=1").await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.header("location"), "/b/home/?x=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_told_how_to_sign_in() {
    let (edge, gateway) = TestEdge::with_home().await;
    for path in ["/", "/b/home/", "/b/unknown/", "/_smartbox/boxes/home/state"] {
        let answer = edge.ask(as_user("nobody", "GET", path)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(answer.code(), "not-signed-in", "{path}");
        assert_eq!(answer.json()["instance"], answer.header("x-request-id"));
    }
    let page = edge.ask(with(as_user("nobody", "GET", "/"), &[("accept", "text/html")])).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.text().contains("smartbox open"), "{}", page.text());
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_a_box_is_told_how_to_make_one() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let answer = edge.ask(as_user("3", "GET", "/")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "no-default-box"));
}
