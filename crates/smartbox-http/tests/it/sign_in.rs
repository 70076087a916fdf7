//! Signing browsers in and out, and who is refused.

use http::header::{AUTHORIZATION, CONTENT_SECURITY_POLICY, COOKIE, ORIGIN, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use jiff::SignedDuration;
use serde_json::json;
use smartbox_api::{BoxList, PlatformStatus, SignInLink, SignedIn};
use smartbox_testkit::{ADMIN_SECRET, Answer, Client, TestApp};

async fn link(client: &Client) -> SignInLink {
    client.post("/v1/sign-in-links").await.json(StatusCode::CREATED)
}

fn code(link: &SignInLink) -> &str {
    link.path.strip_prefix("/sign-in#").expect("the code stands behind #")
}

async fn redeem(client: &Client, code: &str) -> Answer {
    client.post_json("/sign-in", &json!({ "code": code })).await
}

fn cookie(answer: &Answer) -> String {
    answer.header(SET_COOKIE).split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_signs_a_browser_in_once() {
    let app = TestApp::start().await;
    let link = link(&app.admin()).await;
    let first = redeem(&app.anonymous(), code(&link)).await;
    let signed_in: SignedIn = first.json(StatusCode::OK);
    assert_eq!(signed_in.org, app.first_org().await.to_string());
    assert!(first.header(SET_COOKIE).contains("; HttpOnly; SameSite=Lax; Path=/; Max-Age="), "{first:?}");
    assert!(!first.header(SET_COOKIE).contains("Secure"), "the request came in clear text");

    let browser = app.anonymous().with(COOKIE, &cookie(&first));
    browser.get("/v1/boxes").await.json::<BoxList>(StatusCode::OK);

    let again = redeem(&app.anonymous(), code(&link)).await.problem();
    assert_eq!((again.status, again.code.as_str()), (404, "sign-in-link-used-up"));
    assert!(again.remedy.unwrap().contains("smartbox open"));
}

#[tokio::test]
async fn a_link_ends_with_its_time() {
    let app = TestApp::start().await;
    let link = link(&app.admin()).await;
    assert_eq!(link.expires_at, "2026-01-01T00:15:00Z");
    app.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(redeem(&app.anonymous(), code(&link)).await.problem().code, "sign-in-link-used-up");
}

/// The machine's clock is set, by hours and in both directions: a session of thirty days is none of its business until the
/// clock says that they are over, and a clock that was wrong ends nothing for good.
#[tokio::test]
async fn a_clock_that_jumps_lets_nobody_in_and_loses_nobody() {
    let app = TestApp::start().await;
    let first = redeem(&app.anonymous(), code(&link(&app.admin()).await)).await;
    let browser = app.anonymous().with(COOKIE, &cookie(&first));
    let forged = app.anonymous().with(COOKIE, "smartbox_session=nobody");
    for hours in [7, -14, 3, -3] {
        app.clock.advance(SignedDuration::from_hours(hours));
        assert_eq!(browser.get("/v1/boxes").await.status, StatusCode::OK, "after {hours} h");
        assert_eq!(forged.get("/v1/boxes").await.status, StatusCode::UNAUTHORIZED);
    }
    let link = link(&app.admin()).await;
    app.clock.advance(SignedDuration::from_hours(31 * 24));
    assert_eq!(browser.get("/v1/boxes").await.status, StatusCode::UNAUTHORIZED, "it is over");
    assert_eq!(redeem(&app.anonymous(), code(&link)).await.problem().code, "sign-in-link-used-up");
    app.clock.advance(SignedDuration::from_hours(-31 * 24));
    assert_eq!(browser.get("/v1/boxes").await.status, StatusCode::OK, "the clock was wrong, not the session");
}

#[tokio::test]
async fn a_code_that_is_none_is_refused_in_the_same_words() {
    let app = TestApp::start().await;
    for code in ["", "x", &"x".repeat(129), "\u{0}", "ä"] {
        assert_eq!(redeem(&app.anonymous(), code).await.problem().code, "sign-in-link-used-up", "{code:?}");
    }
}

#[tokio::test]
async fn a_link_is_absolute_as_soon_as_the_address_is_known() {
    let app = TestApp::start().await;
    let early = link(&app.admin()).await;
    assert_eq!(early.url, early.path);
    app.public_url.set("http://127.0.0.1:8080/");
    let late = link(&app.admin()).await;
    assert_eq!(late.url, format!("http://127.0.0.1:8080{}", late.path));
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_by_signing_out() {
    let app = TestApp::start().await;
    let (first, second) = (app.first_tenant().await.client, app.first_tenant().await.client);
    let out = first.post("/sign-out").await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(
        out.header(SET_COOKIE).starts_with("smartbox_session=; ")
            && out.header(SET_COOKIE).contains("Max-Age=0")
    );
    assert_eq!(first.get("/v1/boxes").await.problem().code, "wrong-credential");
    assert_eq!(second.get("/v1/boxes").await.status, StatusCode::OK, "other sessions go on");
    app.clock.advance(SignedDuration::from_hours(30 * 24));
    assert_eq!(second.get("/v1/boxes").await.problem().code, "wrong-credential");
}

#[tokio::test]
async fn over_tls_the_cookie_is_for_tls_only() {
    let app = TestApp::start().await;
    let link = link(&app.admin()).await;
    let client = app.anonymous().with(HeaderName::from_static("x-forwarded-proto"), "https");
    let answer = redeem(&client, code(&link)).await;
    assert!(answer.header(SET_COOKIE).ends_with("; Secure"), "{answer:?}");
}

#[tokio::test]
async fn another_website_can_change_nothing_with_a_cookie() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "home").await;
    let foreign = owner.clone().with(ORIGIN, "http://evil.example");
    let silent = owner.clone().without(&ORIGIN);
    for client in [&foreign, &silent] {
        for answer in [
            client.post("/v1/boxes/home/stop").await,
            client.delete("/v1/boxes/home").await,
            client.post_json("/v1/boxes", &json!({ "name": "other" })).await,
            client.post("/v1/sign-in-links").await,
            client.post("/sign-out").await,
        ] {
            let problem = answer.problem();
            assert_eq!((problem.status, problem.code.as_str()), (403, "bad-origin"));
        }
        // Reading is protected by the browser itself.
        assert_eq!(client.get("/v1/boxes/home").await.status, StatusCode::OK);
    }
    assert_eq!(app.show(&owner, "home").await.desired, "running");
    assert_eq!(
        app.admin().with(ORIGIN, "http://evil.example").post("/v1/boxes/home/stop").await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn another_website_can_open_no_socket_with_a_cookie() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "home").await;
    let foreign = owner.with(ORIGIN, "http://evil.example").with(http::header::UPGRADE, "websocket");
    assert_eq!(foreign.get("/v1/boxes/home/exec:stream").await.problem().code, "bad-origin");
}

#[tokio::test]
async fn another_website_can_sign_nobody_in() {
    let app = TestApp::start().await;
    let link = link(&app.admin()).await;
    let foreign = app.anonymous().with(ORIGIN, "http://evil.example");
    assert_eq!(redeem(&foreign, code(&link)).await.problem().code, "bad-origin");
    let own = app.anonymous().with(ORIGIN, smartbox_testkit::ORIGIN);
    assert_eq!(redeem(&own, code(&link)).await.status, StatusCode::OK, "the code was not used up");
}

#[tokio::test]
async fn a_wrong_credential_never_falls_through_to_another() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let bearer = |value: &str| owner.clone().with(AUTHORIZATION, value);
    for client in [
        owner.clone().with_admin_secret("wrong"),
        owner.clone().with_admin_secret(""),
        bearer("Bearer wrong"),
        bearer("Basic YTpi"),
        bearer("Bearer"),
        bearer(ADMIN_SECRET),
        app.admin().with_admin_secret("wrong").with(AUTHORIZATION, &format!("Bearer {ADMIN_SECRET}")),
    ] {
        let answer = client.get("/v1/boxes").await;
        let problem = answer.problem();
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (401, "wrong-credential"),
            "{:?}",
            client.headers()
        );
        assert!(answer.header(WWW_AUTHENTICATE).starts_with("Bearer"));
    }
    assert_eq!(bearer(&format!("bearer {ADMIN_SECRET}")).get("/v1/orgs").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_secret_that_is_given_twice_is_refused() {
    let app = TestApp::start().await;
    let mut request = app.admin().request(http::Method::GET, "/v1/boxes", "");
    request.headers_mut().append("x-admin-secret", HeaderValue::from_static("other"));
    assert_eq!(app.anonymous().send(request).await.problem().code, "wrong-credential");
}

#[tokio::test]
async fn nobody_is_told_how_to_sign_in() {
    let app = TestApp::start().await;
    let answer = app.anonymous().get("/v1/boxes").await;
    let problem = answer.problem();
    assert_eq!((problem.status, problem.code.as_str()), (401, "not-signed-in"));
    assert!(problem.remedy.unwrap().contains("smartbox open"));
    assert!(answer.header(WWW_AUTHENTICATE).starts_with("Bearer"));
}

#[tokio::test]
async fn the_status_shows_the_default_box_to_who_may_see_it() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let acme = app.tenant("acme").await.client;
    app.running_box(&owner, "home").await;
    let status = async |client: &Client| -> Option<String> {
        let status: PlatformStatus = client.get("/api/status").await.json(StatusCode::OK);
        status.default_box.map(|smartbox| format!("{} {}", smartbox.name, smartbox.phase))
    };
    assert_eq!(status(&app.anonymous()).await, None);
    assert_eq!(status(&acme).await, None);
    assert_eq!(status(&owner).await.as_deref(), Some("home running"));
    assert_eq!(status(&app.admin()).await.as_deref(), Some("home running"));
    let wrong = app.anonymous().with_admin_secret("wrong").get("/api/status").await;
    assert_eq!(wrong.problem().code, "wrong-credential");
}

#[tokio::test]
async fn the_page_of_a_link_changes_nothing_and_is_locked_down() {
    let app = TestApp::start().await;
    let link = link(&app.admin()).await;
    let page = app.anonymous().get("/sign-in").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header(CONTENT_SECURITY_POLICY);
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(page.text().contains("replaceState") && page.text().contains("width=device-width"));
    assert!(page.header(SET_COOKIE).is_empty());
    assert_eq!(redeem(&app.anonymous(), code(&link)).await.status, StatusCode::OK);
}
