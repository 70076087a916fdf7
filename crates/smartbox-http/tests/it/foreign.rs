//! People whom somebody else vouches for.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{COOKIE, ORIGIN, SET_COOKIE};
use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{AuditList, DeviceView, Me, OrgView, UserView};
use smartbox_control::{ForeignIdentities, Origin, SignUp, SignUpPolicy, UrlRequest};
use smartbox_core::Role;
use smartbox_identity::{UrlKeys, Verifier, VerifierConfig, signed_url};
use smartbox_testkit::{DeviceKey, TestApp};

const SECRET: &str = "a shared secret of at least 32 bytes";
const ISSUER: &str = "https://project.example/auth/v1";

/// A platform that believes this issuer and this signing secret.
async fn believing(policy: SignUpPolicy) -> TestApp {
    let foreign = move || ForeignIdentities {
        tokens: Some(
            Verifier::new(VerifierConfig {
                issuer: ISSUER.to_owned(),
                audiences: vec!["authenticated".to_owned()],
                hs256_secret: Some(SECRET.into()),
                ..VerifierConfig::default()
            })
            .unwrap(),
        ),
        jwt_cookie: Some("sb-auth-token".to_owned()),
        urls: Some(UrlKeys::new(&[SECRET.into()], &[("k1".to_owned(), SECRET.into())]).unwrap()),
        sign_up: SignUp { policy, org: None, role: Some(Role::Viewer) },
        ..ForeignIdentities::default()
    };
    TestApp::builder().foreign(foreign).start().await
}

/// A token as Supabase makes them, by hand: another implementation than the one that verifies.
fn token(app: &TestApp, change: Value) -> String {
    let now = smartbox_control::Clock::now(&*app.clock).as_second();
    let mut claims = json!({
        "iss": ISSUER, "aud": "authenticated", "sub": "4f1c", "iat": now, "exp": now + 3600, "role": "authenticated",
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(&claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes())))
}

#[tokio::test]
async fn somebody_who_is_vouched_for_is_let_in_where_that_is_open() {
    let app = believing(SignUpPolicy::Open).await;
    let first = token(&app, json!({ "sub": "user_A", "email": "a@example.org" }));
    let me =
        async |token: &str| app.anonymous().with_bearer(token).get("/v1/me").await.json::<Me>(StatusCode::OK);
    let one = me(&first).await;
    assert_eq!(one.user.as_ref().unwrap().role, "viewer");
    assert_eq!(me(&first).await, one, "the second time they are known");
    let two = me(&token(&app, json!({ "sub": "user_a" }))).await;
    assert_ne!(one.id, two.id, "ids that differ in case are two people");
    let log: AuditList = app.admin().get("/v1/audit?limit=200").await.json(StatusCode::OK);
    assert_eq!(log.items.iter().filter(|line| line.action == "user.signed-up").count(), 2);
}

#[tokio::test]
async fn nobody_new_is_let_in_where_that_is_closed() {
    let app = believing(SignUpPolicy::Closed).await;
    let problem = app.anonymous().with_bearer(&token(&app, json!({}))).get("/v1/me").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (403, "sign-up-closed"));
    let users: smartbox_api::UserList = app.admin().get("/v1/users").await.json(StatusCode::OK);
    assert_eq!(users.items.len(), 1);
}

#[tokio::test]
async fn somebody_who_waits_is_told_so_until_they_are_activated() {
    let app = believing(SignUpPolicy::Pending).await;
    let client = app.anonymous().with_bearer(&token(&app, json!({ "name": "Ada" })));
    let problem = client.get("/v1/me").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (403, "account-pending"));
    let users: smartbox_api::UserList = app.admin().get("/v1/users").await.json(StatusCode::OK);
    let ada = users.items.iter().find(|user| user.name.starts_with("Ada ")).unwrap();
    let path = format!("/v1/users/{}", ada.id);
    let active = json!({ "status": "active" });
    let _active: UserView = app.admin().change_json(Method::PATCH, &path, &active).await.json(StatusCode::OK);
    assert_eq!(client.get("/v1/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_address_in_a_token_makes_nobody_somebody_else() {
    let app = believing(SignUpPolicy::Open).await;
    let owner = app.first_tenant().await;
    let body = json!({ "name": "ada", "role": "admin", "email": "ada@example.org" });
    let ada: UserView = owner.client.post_json("/v1/users", &body).await.json(StatusCode::CREATED);
    let claims = json!({ "sub": "mallory", "email": "ada@example.org", "email_verified": true });
    let me: Me = app.anonymous().with_bearer(&token(&app, claims)).get("/v1/me").await.json(StatusCode::OK);
    let user = me.user.unwrap();
    assert_ne!(user.id, ada.id);
    assert_eq!((user.role.as_str(), user.email), ("viewer", None));
}

#[tokio::test]
async fn a_wrong_token_is_refused_with_its_reason() {
    let app = believing(SignUpPolicy::Open).await;
    let good = token(&app, json!({}));
    let cut = &good[..good.len() - 4];
    for (token, reason) in [
        (token(&app, json!({ "exp": 1 })), "the token has expired"),
        (token(&app, json!({ "iss": "https://evil.example" })), "the token was made by another issuer"),
        (token(&app, json!({ "aud": "anon" })), "the token was made for another audience"),
        (format!("{cut}AAAA"), "the token's signature is wrong"),
    ] {
        let problem = app.anonymous().with_bearer(&token).get("/v1/me").await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (401, "wrong-credential"));
        assert_eq!(problem.detail.as_deref(), Some(reason));
    }
}

#[tokio::test]
async fn a_frozen_person_with_a_valid_token_is_shut_out() {
    let app = believing(SignUpPolicy::Open).await;
    let client = app.anonymous().with_bearer(&token(&app, json!({})));
    let me: Me = client.get("/v1/me").await.json(StatusCode::OK);
    let path = format!("/v1/users/{}", me.id);
    app.admin().change_json(Method::PATCH, &path, &json!({ "status": "frozen" })).await;
    assert_eq!(client.get("/v1/me").await.problem().code, "account-frozen");
}

#[tokio::test]
async fn an_assertion_of_cloudflare_says_nothing_where_it_is_not_configured() {
    let app = believing(SignUpPolicy::Open).await;
    let header = http::HeaderName::from_static("cf-access-jwt-assertion");
    let client = app.anonymous().with(header, &token(&app, json!({})));
    assert_eq!(client.get("/v1/me").await.problem().code, "not-signed-in");
}

#[tokio::test]
async fn a_signed_url_names_somebody_and_the_bound_form_works_once() {
    let app = believing(SignUpPolicy::Open).await;
    let now = smartbox_control::Clock::now(&*app.clock);
    let exp = now.as_second() + 60;
    let find = async |query: &str| {
        let request = UrlRequest { method: "GET", path: "/ws", query };
        app.control.find_signed_url(&Origin::default(), &request).await
    };
    let signature = {
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, format!("user_Ab.{exp}").as_bytes()))
    };
    let plain = format!("userId=user_Ab&exp={exp}&sig={signature}");
    let first = find(&plain).await.unwrap().unwrap();
    assert_eq!(find(&plain).await.unwrap().unwrap(), first);
    assert!(find(&plain.replace("user_Ab", "user_ab")).await.is_err(), "the signature is of the exact id");
    assert_eq!(find("a=1").await.unwrap(), None);

    let expires_at = jiff::Timestamp::from_second(exp).unwrap();
    let nonce = "a-nonce-of-sixteen-and-more";
    let bound = signed_url::sign_bound("user_Ab", expires_at, ("k1", &SECRET.into()), ("GET", "/ws"), nonce);
    assert_eq!(find(&bound).await.unwrap().unwrap().principal, first.principal);
    assert!(find(&bound).await.is_err(), "it was used already");
}

#[tokio::test]
async fn a_browser_brings_a_token_in_a_cookie() {
    let app = believing(SignUpPolicy::Open).await;
    let token = token(&app, json!({}));
    let document = URL_SAFE_NO_PAD.encode(json!({ "access_token": token, "refresh_token": "x" }).to_string());
    let whole = format!("base64-{document}");
    let (first, second) = whole.split_at(whole.len() / 2);
    let browser = |cookies: &str| app.anonymous().with(COOKIE, cookies);
    for cookies in [
        format!("sb-auth-token={token}"),
        format!("theme=dark; sb-auth-token={whole}"),
        format!("sb-auth-token.1={second}; sb-auth-token.0={first}"),
    ] {
        let me: Me = browser(&cookies).get("/v1/me").await.json(StatusCode::OK);
        assert!(me.user.is_some(), "{cookies}");
        // It is sent by the browser itself, so a change needs a page of this server.
        let change = browser(&cookies).with(ORIGIN, "https://evil.example").post("/v1/sign-in-links").await;
        assert_eq!(change.problem().code, "bad-origin");
    }
    for cookies in [
        format!("sb-auth-token={token}; sb-auth-token={token}"),
        "sb-auth-token=base64-@@@".to_owned(),
        format!("other={token}"),
    ] {
        assert_eq!(browser(&cookies).get("/v1/me").await.problem().code, "not-signed-in", "{cookies}");
    }
    let wrong = browser(&format!("sb-auth-token={}", &token[..token.len() - 4]));
    assert_eq!(wrong.get("/v1/me").await.problem().code, "wrong-credential");
}

#[tokio::test]
async fn a_person_with_a_token_shows_their_device_in_each_request() {
    let app = believing(SignUpPolicy::Open).await;
    let token = token(&app, json!({}));
    let key = DeviceKey::new(1);
    let manual = json!({ "pairing": "manual" });
    app.admin().change_json(Method::PATCH, "/v1/orgs/home", &manual).await.json::<OrgView>(StatusCode::OK);
    let client = app.anonymous().with_bearer(&token);
    let proved = |method: &str, path: &str, bound: &str| {
        let now = smartbox_control::Clock::now(&*app.clock);
        client.clone().with(HeaderName::from_static("dpop"), &key.proof(method, path, Some(bound), now))
    };
    assert_eq!(client.get("/v1/boxes").await.problem().code, "device-not-approved");
    let shown =
        proved("POST", "/v1/devices", &token).post_json("/v1/devices", &json!({ "name": "laptop" })).await;
    let device: DeviceView = shown.json(StatusCode::CREATED);
    assert_eq!(
        (device.status.as_str(), shown.header(SET_COOKIE)),
        ("pending", ""),
        "a program gets no session"
    );
    assert_eq!(
        proved("GET", "/v1/boxes", &token).get("/v1/boxes").await.problem().code,
        "device-not-approved"
    );
    app.admin().post(&format!("/v1/devices/{}/approve", device.id)).await;
    let good = proved("GET", "/v1/boxes", &token);
    assert_eq!(good.get("/v1/boxes").await.status, StatusCode::OK);
    assert_eq!(good.get("/v1/boxes").await.problem().code, "wrong-credential", "a proof is good once");
    let stolen = proved("GET", "/v1/boxes", "another token");
    assert_eq!(stolen.get("/v1/boxes").await.problem().code, "wrong-credential");
    assert_eq!(
        client.get("/v1/boxes").await.problem().code,
        "device-not-approved",
        "a token alone is not enough"
    );
}

#[tokio::test]
async fn an_address_that_names_somebody_is_not_a_device() {
    let app = believing(SignUpPolicy::Open).await;
    let expires_at = smartbox_control::Clock::now(&*app.clock) + jiff::SignedDuration::from_mins(10);
    let query = signed_url::sign("user_Ab", expires_at, &SECRET.into());
    let request = UrlRequest { method: "GET", path: "/", query: &query };
    let who = app.control.find_signed_url(&Origin::default(), &request).await.unwrap().unwrap();
    assert!(who.is_paired);
    let manual = json!({ "pairing": "manual" });
    app.admin().change_json(Method::PATCH, "/v1/orgs/home", &manual).await.json::<OrgView>(StatusCode::OK);
    let who = app.control.find_signed_url(&Origin::default(), &request).await.unwrap().unwrap();
    assert!(!who.is_paired, "where devices are approved by hand it lets nobody in");
}

#[tokio::test]
async fn on_a_developers_machine_everybody_is_the_owner_and_pages_of_others_are_still_others() {
    let foreign = || ForeignIdentities { is_dev_mode: true, ..ForeignIdentities::default() };
    let app = TestApp::builder().foreign(foreign).start().await;
    let me: Me = app.anonymous().get("/v1/me").await.json(StatusCode::OK);
    assert_eq!(me.user.unwrap().role, "owner");
    let evil = app.anonymous().with(ORIGIN, "https://evil.example");
    assert_eq!(evil.post("/v1/boxes/home/stop").await.problem().code, "bad-origin");
    let wrong = app.anonymous().with_bearer("wrong").get("/v1/me").await;
    assert_eq!(wrong.problem().code, "wrong-credential", "a wrong credential is not forgiven");
}
