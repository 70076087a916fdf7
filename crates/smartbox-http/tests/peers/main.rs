//! The API with programs that others wrote. `scripts/test-python.sh` installs them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy's exemption for tests leaves out their helpers; what drives the provider is shared with its own tests"
)]

#[path = "../../../smartbox-identity/tests/peers/installed.rs"]
mod installed;
#[path = "../../../smartbox-identity/tests/peers/provider.rs"]
mod provider;
mod webhooks;

use http::StatusCode;
use http::header::COOKIE;
use smartbox_api::{AuditList, Me, SessionList};
use smartbox_control::{Clock as _, ForeignIdentities, SignUp, SignUpPolicy, SystemClock};
use smartbox_identity::{OidcClient, OidcConfig};
use smartbox_testkit::{Answer, Client, TestApp};

use provider::{Browser, Provider};

const PUBLIC: &str = "http://127.0.0.1:1";

async fn platform(issuer: String, policy: SignUpPolicy) -> TestApp {
    let foreign = move || {
        let config = OidcConfig {
            issuer: issuer.clone(),
            client_id: "public".to_owned(),
            client_secret: None,
            scopes: vec!["email".to_owned()],
        };
        ForeignIdentities {
            oidc: Some(OidcClient::new(config).unwrap()),
            sign_up: SignUp { policy, ..SignUp::default() },
            ..ForeignIdentities::default()
        }
    };
    let app = TestApp::builder().foreign(foreign).start().await;
    app.public_url.set(PUBLIC);
    // The provider lives by the system's clock.
    app.clock.advance(SystemClock.now().duration_since(app.clock.now()));
    app
}

/// Sends a browser away and takes it as far as the call-back. Its cookie, and where it is sent back to.
async fn away(app: &TestApp, login: &str) -> (Client, String) {
    let begun = app.anonymous().get("/sign-in/oidc").await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER);
    let cookie = begun.header("set-cookie").split(';').next().unwrap().to_owned();
    assert!(begun.header("set-cookie").contains("HttpOnly; SameSite=Lax; Path=/sign-in/oidc"));
    let callback = format!("{PUBLIC}/sign-in/oidc/callback");
    let back = Browser::new().sign_in(begun.header("location"), login, &callback).await;
    let mut url = reqwest::Url::parse(&callback).unwrap();
    url.query_pairs_mut().extend_pairs(&back);
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    (app.anonymous().with(COOKIE, &cookie), path)
}

fn session_of(answer: &Answer) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let session = cookies.filter_map(|cookie| cookie.strip_prefix("smartbox_session=")).next();
    session.unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_signs_in_with_a_certified_provider() {
    let provider = Provider::start().await;
    let app = platform(provider.issuer.clone(), SignUpPolicy::Open).await;
    let (browser, path) = away(&app, "Ada").await;
    let answer = browser.get(&path).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/sign-in/device"));
    let ada = app.anonymous().with_session(&session_of(&answer));
    let me: Me = ada.get("/v1/me").await.json(StatusCode::OK);
    assert_eq!(me.user.unwrap().email.as_deref(), Some("ada@example.com"));
    let sessions: SessionList = ada.get("/v1/sessions").await.json(StatusCode::OK);
    assert_eq!(sessions.items[0].method, "oidc");
    let log: AuditList = app.admin().get("/v1/audit?limit=200").await.json(StatusCode::OK);
    assert!(log.items.iter().any(|line| line.action == "user.signed-in" && line.detail.contains("oidc")));

    let again = browser.get(&path).await;
    assert_eq!(again.header("location"), "/sign-in?failed=refused", "an answer works once");
}

#[tokio::test]
async fn an_answer_in_another_browser_signs_nobody_in() {
    let provider = Provider::start().await;
    let app = platform(provider.issuer.clone(), SignUpPolicy::Open).await;
    let (_mallory, path) = away(&app, "Mallory").await;
    let (victim, _own_path) = away(&app, "Ada").await;
    for browser in [app.anonymous(), victim] {
        let answer = browser.get(&path).await;
        assert_eq!(answer.header("location"), "/sign-in?failed=refused");
        assert!(
            !answer
                .headers
                .get_all("set-cookie")
                .iter()
                .any(|cookie| cookie.as_bytes().starts_with(b"smartbox_session"))
        );
    }
}

#[tokio::test]
async fn somebody_unknown_is_told_so_and_a_provider_that_is_down_too() {
    let mut provider = Provider::start().await;
    let app = platform(provider.issuer.clone(), SignUpPolicy::Closed).await;
    let (browser, path) = away(&app, "Ada").await;
    assert_eq!(browser.get(&path).await.header("location"), "/sign-in?failed=unknown");
    let later = platform(provider.issuer.clone(), SignUpPolicy::Closed).await;
    provider.stop();
    app.expect_log("sign-in");
    later.expect_log("cannot be fetched");
    assert_eq!(
        later.anonymous().get("/sign-in/oidc").await.header("location"),
        "/sign-in?failed=unavailable"
    );
}
