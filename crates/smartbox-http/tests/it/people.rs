//! People of an org: adding, changing, removing, signing in with a password.

use http::{HeaderName, Method, StatusCode};
use serde_json::json;
use smartbox_api::{AuditList, Me, SessionList, SignedIn, UserList, UserView};
use smartbox_testkit::{Client, TestApp};

const PASSWORD: &str = "correct horse battery";

async fn sign_in(client: &Client, email: &str, password: &str) -> smartbox_testkit::Answer {
    client.post_json("/sign-in", &json!({ "email": email, "password": password })).await
}

/// Somebody of the first org who signs in with a password.
async fn ada(app: &TestApp) -> UserView {
    let tenant = app.first_tenant().await;
    let body = json!({ "name": "ada", "role": "admin", "email": "Ada@Example.org" });
    let user: UserView = tenant.client.post_json("/v1/users", &body).await.json(StatusCode::CREATED);
    let path = format!("/v1/users/{}/password", user.id);
    let set = tenant.client.change_json(Method::PUT, &path, &json!({ "password": PASSWORD })).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    user
}

#[tokio::test]
async fn somebody_signs_in_with_address_and_password() {
    let app = TestApp::start().await;
    let user = ada(&app).await;
    assert_eq!(user.email.as_deref(), Some("ada@example.org"));
    let answer = sign_in(&app.anonymous(), " ADA@example.org", PASSWORD).await;
    let cookie = answer.header("set-cookie").to_owned();
    let signed_in: SignedIn = answer.json(StatusCode::OK);
    assert_eq!(signed_in.user, user.id);
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    let me: Me = app.anonymous().with_session(token).get("/v1/me").await.json(StatusCode::OK);
    assert_eq!(me.user.unwrap(), UserView { has_password: true, ..user });
    assert!(me.permissions.contains(&"people:manage".to_owned()));
    assert!(!me.permissions.contains(&"org:own".to_owned()));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_alike_and_lock() {
    let app = TestApp::start().await;
    ada(&app).await;
    let mut told = Vec::new();
    for email in ["ada@example.org", "eve@example.org"] {
        let mut problem = sign_in(&app.anonymous(), email, "wrong horse").await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (401, "wrong-password"));
        problem.instance = None;
        told.push(problem);
    }
    assert_eq!(told[0], told[1]);
    for _ in 1..5 {
        sign_in(&app.anonymous(), "ada@example.org", "wrong horse").await;
    }
    let locked = sign_in(&app.anonymous(), "ada@example.org", PASSWORD).await.problem();
    assert_eq!((locked.status, locked.code.as_str()), (429, "too-many-attempts"));
    assert_eq!(locked.retry_after_ms, Some(15_000));
    app.clock.advance(jiff::SignedDuration::from_secs(15));
    assert_eq!(sign_in(&app.anonymous(), "ada@example.org", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn sign_ins_and_refusals_are_in_the_audit_log_with_their_address() {
    let app = TestApp::start().await;
    ada(&app).await;
    let client = app.anonymous().with(HeaderName::from_static("x-forwarded-for"), "198.51.100.7");
    sign_in(&client, "ada@example.org", "wrong horse").await;
    sign_in(&client, "ada@example.org", PASSWORD).await;
    let owner = app.first_tenant().await.client;
    let log: AuditList = owner.get("/v1/audit?limit=200").await.json(StatusCode::OK);
    let of = |action: &str| {
        let mut lines = log.items.iter().filter(|line| line.action == action && line.address.is_some());
        lines.next().map(|line| (line.outcome.as_str(), line.address.as_deref().unwrap()))
    };
    assert_eq!(of("user.sign-in-refused"), Some(("refused", "198.51.100.7")));
    assert_eq!(of("user.signed-in"), Some(("ok", "198.51.100.7")));
    let text = serde_json::to_string(&log).unwrap();
    assert!(!text.contains("wrong horse") && !text.contains(PASSWORD));
}

#[tokio::test]
async fn a_frozen_person_is_shut_out_at_once_and_comes_back_unharmed() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let (bob, browser) = app.member(&tenant.org, "bob", "operator").await;
    assert_eq!(browser.get("/v1/boxes").await.status, StatusCode::OK);
    let set = async |status: &str| {
        let path = format!("/v1/users/{}", bob.id);
        let answer = tenant.client.change_json(Method::PATCH, &path, &json!({ "status": status })).await;
        answer.json::<UserView>(StatusCode::OK)
    };
    set("frozen").await;
    let problem = browser.get("/v1/boxes").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (423, "account-frozen"));
    set("active").await;
    assert_eq!(browser.get("/v1/boxes").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_makes_somebody_stronger_than_themselves() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let (admin, browser) = app.member(&tenant.org, "adam", "admin").await;
    let added = browser.post_json("/v1/users", &json!({ "name": "x", "role": "owner" })).await.problem();
    assert_eq!((added.status, added.code.as_str()), (403, "missing-permission"));
    for (user, change) in
        [(&admin.id, json!({ "role": "owner" })), (&tenant.owner, json!({ "role": "viewer" }))]
    {
        let path = format!("/v1/users/{user}");
        assert_eq!(browser.change_json(Method::PATCH, &path, &change).await.problem().status, 403);
    }
    let owner = format!("/v1/users/{}", tenant.owner);
    assert_eq!(browser.delete(&owner).await.problem().status, 403);
    let link = browser.post_json("/v1/sign-in-links", &json!({ "user": tenant.owner })).await.problem();
    assert_eq!(link.status, 403, "a link of an owner would make its maker an owner");
    let set = browser
        .change_json(Method::PUT, &format!("{owner}/password"), &json!({ "password": "taken over" }))
        .await;
    assert_eq!(set.problem().status, 403);
    let last = tenant.client.change_json(Method::PATCH, &owner, &json!({ "role": "viewer" })).await.problem();
    assert_eq!((last.status, last.code.as_str()), (409, "conflict"));
}

#[tokio::test]
async fn ones_own_password_needs_the_one_so_far() {
    let app = TestApp::start().await;
    ada(&app).await;
    let answer = sign_in(&app.anonymous(), "ada@example.org", PASSWORD).await;
    let cookie = answer.header("set-cookie").to_owned();
    let browser = app.anonymous().with_session(cookie.split(['=', ';']).nth(1).unwrap());
    let set = async |body: serde_json::Value| {
        browser.change_json(Method::PUT, "/v1/users/me/password", &body).await
    };
    let new = "another horse";
    assert_eq!(set(json!({ "password": new })).await.problem().errors[0].field, "current_password");
    let wrong = set(json!({ "password": new, "current_password": "wrong horse" })).await.problem();
    assert_eq!(wrong.code, "wrong-password");
    let short = set(json!({ "password": "short", "current_password": PASSWORD })).await.problem();
    assert_eq!(short.errors[0].field, "password");
    let done = set(json!({ "password": new, "current_password": PASSWORD })).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.get("/v1/me").await.status, StatusCode::OK, "this session goes on");
    assert_eq!(sign_in(&app.anonymous(), "ada@example.org", PASSWORD).await.status, 401);
    assert_eq!(sign_in(&app.anonymous(), "ada@example.org", new).await.status, 200);
}

#[tokio::test]
async fn a_person_ends_their_own_sessions_and_an_admin_those_of_others() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let (bob, browser) = app.member(&tenant.org, "bob", "viewer").await;
    let (_eve, stranger) = app.member(&tenant.org, "eve", "viewer").await;
    let mine: SessionList = browser.get("/v1/sessions").await.json(StatusCode::OK);
    assert_eq!((mine.items.len(), mine.items[0].is_current), (1, true));
    let path = format!("/v1/sessions/{}", mine.items[0].id);
    assert_eq!(stranger.delete(&path).await.problem().code, "session-not-found");
    let others: SessionList =
        tenant.client.get(&format!("/v1/sessions?user={}", bob.id)).await.json(StatusCode::OK);
    assert_eq!(others.items[0].id, mine.items[0].id);
    let mut told = app.control.revocations();
    assert_eq!(tenant.client.delete(&path).await.status, StatusCode::NO_CONTENT);
    let revoked = smartbox_core::Tie::Session(mine.items[0].id.parse().unwrap());
    assert_eq!(told.try_recv(), Ok(revoked), "whoever holds connections is told");
    assert_eq!(browser.get("/v1/me").await.problem().code, "wrong-credential");
}

#[tokio::test]
async fn wrong_fields_are_named_all_at_once() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let body = json!({ "name": "me", "role": "god", "email": "nobody" });
    let problem = owner.post_json("/v1/users", &body).await.problem();
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!((problem.status, fields), (422, vec!["name", "role", "email"]));
    let body = json!({ "name": "", "scopes": ["boxes:all"], "expires_in_days": 0 });
    let problem = owner.post_json("/v1/tokens", &body).await.problem();
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!((problem.status, fields), (422, vec!["name", "scopes", "expires_in_days"]));
}

#[tokio::test]
async fn an_address_of_another_org_is_taken_without_saying_whose_it_is() {
    let app = TestApp::start().await;
    ada(&app).await;
    let acme = app.tenant("acme").await;
    let body = json!({ "name": "spy", "email": "ada@example.org" });
    let problem = acme.client.post_json("/v1/users", &body).await.problem();
    assert_eq!((problem.status, problem.code.as_str(), problem.detail), (409, "email-taken", None));
    let theirs: UserList = acme.client.get("/v1/users").await.json(StatusCode::OK);
    assert_eq!(theirs.items.len(), 1);
}
