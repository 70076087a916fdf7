use reqwest::StatusCode;
use serde_json::Value;

use crate::platform::Platform;

/// The first start, a chat, the timeline, a stop, a wake by a request, and the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_chats_with_a_real_gateway_on_the_first_start() {
    let mut platform = Platform::start(&[]).await;

    // The first box was created by itself and answers with the built-in model.
    let answer = platform.cli_ok(&["chat", "hello"]);
    assert!(answer.to_lowercase().contains("demo") && answer.contains("ANTHROPIC_API_KEY"), "{answer}");
    let home = platform.wait_for_phase("home", "running").await;
    assert_eq!((home["is_default"].as_bool(), home["kind"].as_str()), (Some(true), Some("pa")), "{home:#}");
    assert!(platform.log().contains("/sign-in#"), "{}", platform.log());
    signs_in_once(&platform).await;
    relays_to_the_gateway(&platform).await;
    logs_are_shown(&platform);

    // A stopped box is started by a request, which is held until it can be answered.
    platform.cli_ok(&["box", "stop", "home"]);
    assert_eq!(platform.json("/v1/boxes/home").await["phase"], "stopped");
    shows_a_loading_page(&platform).await;
    let held = ask(&platform, "/b/home/v1/models", "application/json").await;
    assert_eq!(held.status(), StatusCode::OK, "a held request is answered when the box is ready");
    let models: Value = held.json().await.unwrap();
    assert!(models["data"].as_array().is_some_and(|models| !models.is_empty()), "{models:#}");
    let actions = platform.actions("home").await;
    for action in
        ["box.created", "box.starting", "box.ready", "box.stop-requested", "box.stopped", "box.woken"]
    {
        assert!(actions.iter().any(|seen| seen == action), "{action} in {actions:?}");
    }

    // What was said is still known after the stop.
    let again = platform.cli_ok(&["chat", "and now?"]);
    assert!(again.contains("demo"), "{again}");
    let said = platform.interrupt().await;
    assert!(said.contains("keep running"), "{said}");
}

async fn ask(platform: &Platform, path: &str, accept: &str) -> reqwest::Response {
    let request = platform.http().get(platform.url(path)).header("accept", accept);
    request.header("x-admin-secret", platform.admin_secret()).send().await.unwrap()
}

async fn signs_in_once(platform: &Platform) {
    let link = platform.cli_ok(&["open", "--print"]);
    let code = link.trim().rsplit_once('#').expect("a code behind #").1.to_owned();
    let redeem = || async {
        let request = platform.http().post(platform.url("/sign-in")).header("origin", platform.url(""));
        request.json(&serde_json::json!({ "code": code })).send().await.unwrap()
    };
    let first = redeem().await;
    assert_eq!(first.status(), StatusCode::OK);
    let cookie = first.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert!(redeem().await.status().is_client_error(), "a link works once");
    let cookie = cookie.split(';').next().unwrap();
    let me = platform.http().get(platform.url("/v1/boxes")).header("cookie", cookie).send().await.unwrap();
    assert_eq!(me.status(), StatusCode::OK);
}

async fn relays_to_the_gateway(platform: &Platform) {
    let page = ask(platform, "/b/home/", "text/html").await;
    assert_eq!(page.status(), StatusCode::OK);
    let headers = format!("{:?}", page.headers());
    assert!(!headers.contains("x-smartbox-user"), "the credential stays on the server side: {headers}");
    let html = page.text().await.unwrap();
    assert!(html.contains("/b/home/") && html.to_lowercase().contains("openclaw"), "{html}");
    let root = ask(platform, "/", "text/html").await;
    assert_eq!(root.status(), StatusCode::OK, "the default box answers at /");
    let stranger = platform.http().get(platform.url("/b/home/v1/models")).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let unknown = ask(platform, "/b/nobody/", "application/json").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

fn logs_are_shown(platform: &Platform) {
    let logs = platform.cli_ok(&["logs", "--tail", "500"]);
    assert!(logs.contains("gateway"), "{logs}");
    assert!(!logs.contains("x-smartbox-user-"), "the gateway's credential is not logged");
}

async fn shows_a_loading_page(platform: &Platform) {
    let page = ask(platform, "/b/home/", "text/html,application/xhtml+xml").await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.headers().contains_key("retry-after"));
    let html = page.text().await.unwrap();
    assert!(html.contains("<html"), "{html}");
}
