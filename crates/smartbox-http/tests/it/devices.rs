//! Devices of people: shown, approved, revoked.

use std::time::Duration;

use http::header::SET_COOKIE;
use http::{HeaderName, Method, StatusCode};
use serde_json::json;
use smartbox_api::{AuditList, DeviceList, DeviceView, Me, OrgView, SignInLink, UserView};
use smartbox_core::Tie;
use smartbox_testkit::{Answer, Client, DeviceKey, TestApp};

const DPOP: HeaderName = HeaderName::from_static("dpop");

async fn set_pairing(app: &TestApp, org: &str, pairing: &str) {
    let path = format!("/v1/orgs/{org}");
    let view: OrgView = app
        .admin()
        .change_json(Method::PATCH, &path, &json!({ "pairing": pairing }))
        .await
        .json(StatusCode::OK);
    assert_eq!(view.pairing, pairing);
}

/// A person whom nobody vouched for: they signed in with their password.
pub(crate) async fn member(app: &TestApp, org: &str, name: &str) -> Client {
    let email = format!("{name}@example.org");
    let (password, user) =
        (json!("correct horse battery"), json!({ "name": name, "email": email, "org": org }));
    let user: UserView = app.admin().post_json("/v1/users", &user).await.json(StatusCode::CREATED);
    let path = format!("/v1/users/{}/password", user.id);
    let set = app.admin().change_json(Method::PUT, &path, &json!({ "password": password })).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{}", set.text());
    let login = json!({ "email": email, "password": password });
    signed_in(app, &app.anonymous().post_json("/sign-in", &login).await)
}

fn signed_in(app: &TestApp, answer: &Answer) -> Client {
    let cookie = answer.header(SET_COOKIE).split(['=', ';']).nth(1).unwrap_or_default().to_owned();
    app.anonymous().with_session(&cookie)
}

async fn show(app: &TestApp, client: &Client, key: &DeviceKey) -> Answer {
    let proof = key.proof("POST", "/v1/devices", None, smartbox_control::Clock::now(&*app.clock));
    client.clone().with(DPOP, &proof).post_json("/v1/devices", &json!({ "name": "Firefox on Linux" })).await
}

async fn shown(app: &TestApp, client: &Client, key: &DeviceKey) -> DeviceView {
    show(app, client, key).await.json(StatusCode::CREATED)
}

#[tokio::test]
async fn a_new_browser_waits_until_somebody_approves_it() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let browser = member(&app, &owner.org, "ada").await;
    set_pairing(&app, &owner.org, "manual").await;
    let refused = browser.get("/v1/boxes").await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "device-not-approved"));

    let device = shown(&app, &browser, &DeviceKey::new(1)).await;
    assert_eq!((device.status.as_str(), device.fingerprint.len()), ("pending", 19));
    assert_eq!(browser.get("/v1/boxes").await.problem().code, "device-not-approved");
    let me: Me = browser.get("/v1/me").await.json(StatusCode::OK);
    assert_eq!((me.device.as_deref(), me.is_paired), (Some(device.id.as_str()), false));

    let approve = format!("/v1/devices/{}/approve", device.id);
    assert_eq!(
        browser.post(&approve).await.problem().code,
        "device-not-approved",
        "nobody lets themselves in"
    );
    let approved: DeviceView = app.admin().post(&approve).await.json(StatusCode::OK);
    assert_eq!((approved.status.as_str(), approved.approved_by.as_deref()), ("approved", Some("admin")));
    assert_eq!(browser.get("/v1/boxes").await.status, StatusCode::OK);
    let log: AuditList = app.admin().get("/v1/audit?limit=200").await.json(StatusCode::OK);
    let actions: Vec<_> = log.items.iter().map(|line| line.action.as_str()).collect();
    for action in ["org.pairing-set", "device.shown", "device.approved"] {
        assert!(actions.contains(&action), "{action} in {actions:?}");
    }
}

#[tokio::test]
async fn whoever_waits_is_told_at_once() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let browser = member(&app, &owner.org, "ada").await;
    set_pairing(&app, &owner.org, "manual").await;
    let device = shown(&app, &browser, &DeviceKey::new(1)).await;
    let path = format!("/v1/devices/{}", device.id);
    let long = format!("{path}?wait=60s");
    let waiting = async { browser.get(&long).await.json::<DeviceView>(StatusCode::OK) };
    let approving = async {
        let short: DeviceView = browser.get(&format!("{path}?wait=1ms")).await.json(StatusCode::OK);
        assert_eq!(short.status, "pending");
        app.admin().post(&format!("{path}/approve")).await
    };
    let (told, _approved) = tokio::join!(waiting, approving);
    assert_eq!(told.status, "approved");
}

#[tokio::test]
async fn a_revoked_device_ends_its_sessions_and_has_to_be_approved_again() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let browser = member(&app, &owner.org, "ada").await;
    let key = DeviceKey::new(1);
    let device = shown(&app, &browser, &key).await;
    assert_eq!(device.status, "approved", "signing in approves it");
    let mut told = app.control.revocations();
    let revoke = format!("/v1/devices/{}/revoke", device.id);
    assert_eq!(app.admin().post(&revoke).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.get("/v1/boxes").await.problem().code, "wrong-credential");
    let first = tokio::time::timeout(Duration::from_secs(5), told.recv()).await.unwrap().unwrap();
    assert_eq!(first, Tie::Device(device.id.parse().unwrap()));
    assert_eq!(app.admin().post(&revoke).await.problem().code, "device-not-found");
}

#[tokio::test]
async fn a_link_of_an_administrator_approves_the_one_device_that_it_is_opened_on() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    set_pairing(&app, &owner.org, "manual").await;
    let vouched = app.browser(&owner.org).await;
    assert_eq!(shown(&app, &vouched, &DeviceKey::new(1)).await.status, "approved");
    assert_eq!(vouched.get("/v1/boxes").await.status, StatusCode::OK);
    assert_eq!(shown(&app, &vouched, &DeviceKey::new(2)).await.status, "pending", "one and no other");
    assert_eq!(vouched.get("/v1/boxes").await.problem().code, "device-not-approved");
    assert_eq!(shown(&app, &vouched, &DeviceKey::new(1)).await.status, "approved", "it is known");
    assert_eq!(vouched.get("/v1/boxes").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_link_that_somebody_makes_for_themselves_approves_nothing() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let browser = member(&app, &owner.org, "ada").await;
    shown(&app, &browser, &DeviceKey::new(1)).await;
    set_pairing(&app, &owner.org, "manual").await;
    let link: SignInLink = browser.post("/v1/sign-in-links").await.json(StatusCode::CREATED);
    let code = link.path.split_once('#').unwrap().1;
    let answer = app.anonymous().post_json("/sign-in", &json!({ "code": code })).await;
    let second = signed_in(&app, &answer);
    assert_eq!(shown(&app, &second, &DeviceKey::new(2)).await.status, "pending");
}

#[tokio::test]
async fn a_proof_is_good_once_and_for_one_request() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let key = DeviceKey::new(1);
    let now = smartbox_control::Clock::now(&*app.clock);
    let body = json!({ "name": "Firefox" });
    let good = owner.client.clone().with(DPOP, &key.proof("POST", "/v1/devices", None, now));
    assert_eq!(good.post_json("/v1/devices", &body).await.status, StatusCode::CREATED);
    let again = good.post_json("/v1/devices", &body).await.problem();
    assert_eq!((again.status, again.code.as_str()), (401, "wrong-credential"));
    for proof in [
        key.proof("GET", "/v1/devices", None, now),
        key.proof("POST", "/v1/boxes", None, now),
        key.proof("POST", "/v1/devices", Some("a token"), now),
        key.proof("POST", "/v1/devices", None, now - Duration::from_secs(61)),
        "not.a.proof".to_owned(),
        String::new(),
    ] {
        let bad = owner.client.clone().with(DPOP, &proof).post_json("/v1/devices", &body).await;
        assert_eq!(bad.problem().code, "wrong-credential", "{proof}");
    }
    assert_eq!(owner.client.post_json("/v1/devices", &body).await.problem().code, "wrong-credential");
}

#[tokio::test]
async fn everybody_sees_and_revokes_their_own_devices_and_no_others() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let ada = member(&app, &owner.org, "ada").await;
    let bob = member(&app, &owner.org, "bob").await;
    let stranger = app.tenant("acme").await;
    let device = shown(&app, &ada, &DeviceKey::new(1)).await;
    shown(&app, &bob, &DeviceKey::new(1)).await;
    let ids = async |client: &Client| {
        let list: DeviceList = client.get("/v1/devices").await.json(StatusCode::OK);
        list.items.into_iter().map(|device| device.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&ada).await, std::slice::from_ref(&device.id));
    assert_eq!(ids(&owner.client).await.len(), 2, "whoever manages people sees all");
    assert!(ids(&stranger.client).await.is_empty());
    let path = format!("/v1/devices/{}", device.id);
    for other in [&bob, &stranger.client] {
        assert_eq!(other.get(&path).await.problem().code, "device-not-found");
        assert_eq!(other.post(&format!("{path}/revoke")).await.problem().code, "device-not-found");
    }
    assert_eq!(bob.post(&format!("{path}/approve")).await.problem().code, "missing-permission");
    assert_eq!(stranger.client.post(&format!("{path}/approve")).await.problem().code, "device-not-found");
    assert_eq!(ada.post(&format!("{path}/revoke")).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn all_that_wait_are_approved_at_once_and_those_of_others_are_not() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let acme = app.tenant("acme").await;
    let mut waiting = Vec::new();
    for (org, name) in [(&owner.org, "ada"), (&owner.org, "bob"), (&acme.org, "eve")] {
        set_pairing(&app, org, "manual").await;
        let browser = member(&app, org, name).await;
        waiting.push(shown(&app, &browser, &DeviceKey::new(1)).await.id);
    }
    let approved: DeviceList = app.admin().post("/v1/devices/approve-all").await.json(StatusCode::OK);
    let mut ids: Vec<_> = approved.items.iter().map(|device| device.id.clone()).collect();
    ids.sort();
    waiting[..2].sort();
    assert_eq!(ids, waiting[..2]);
    let left: DeviceView = app.admin().get(&format!("/v1/devices/{}", waiting[2])).await.json(StatusCode::OK);
    assert_eq!(left.status, "pending");
}

#[tokio::test]
async fn a_device_that_nobody_approves_is_forgotten() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let browser = member(&app, &owner.org, "ada").await;
    set_pairing(&app, &owner.org, "manual").await;
    let device = shown(&app, &browser, &DeviceKey::new(1)).await;
    app.clock.advance(jiff::SignedDuration::from_hours(1));
    let path = format!("/v1/devices/{}", device.id);
    assert_eq!(browser.get(&path).await.problem().code, "device-not-found");
    assert_eq!(app.admin().post(&format!("{path}/approve")).await.problem().code, "device-not-found");
    assert_eq!(shown(&app, &browser, &DeviceKey::new(1)).await.status, "pending", "it may ask again");
}

#[tokio::test]
async fn programs_and_the_platforms_admin_need_no_device() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    set_pairing(&app, &owner.org, "manual").await;
    let (_made, program) = app.program(&owner.org, &["boxes:read"]).await;
    assert_eq!(program.get("/v1/boxes").await.status, StatusCode::OK);
    assert_eq!(app.admin().get("/v1/boxes").await.status, StatusCode::OK);
    assert_eq!(show(&app, &program, &DeviceKey::new(1)).await.problem().status, 403, "nor can they have one");
}

#[tokio::test]
async fn only_owners_say_what_becomes_of_devices() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let (_user, admin) = app.member(&owner.org, "ada", "admin").await;
    let stranger = app.tenant("acme").await;
    let path = format!("/v1/orgs/{}", owner.org);
    let off = json!({ "pairing": "off" });
    let refused = admin.change_json(Method::PATCH, &path, &off).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "missing-permission"));
    assert_eq!(stranger.client.change_json(Method::PATCH, &path, &off).await.problem().status, 404);
    let odd =
        owner.client.change_json(Method::PATCH, "/v1/orgs/me", &json!({ "pairing": "sometimes" })).await;
    assert_eq!(odd.problem().errors[0].field, "pairing");
    assert_eq!(owner.client.change_json(Method::PATCH, "/v1/orgs/me", &off).await.status, StatusCode::OK);
}
