//! Service tokens.

use http::{HeaderName, Method, StatusCode};
use serde_json::json;
use smartbox_api::{CreatedToken, Me, TokenList};
use smartbox_core::Tie;
use smartbox_testkit::TestApp;

#[tokio::test]
async fn a_program_may_do_what_its_token_says_and_nothing_else() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    app.running_box(&tenant.client, "home").await;
    let (made, program) = app.program(&tenant.org, &["boxes:read", "boxes:operate"]).await;
    assert!(made.secret.starts_with("sbx_"));
    assert_eq!(program.get("/v1/boxes/home").await.status, StatusCode::OK);
    assert_eq!(program.post("/v1/boxes/home/stop").await.status, StatusCode::ACCEPTED);
    let refused = program.delete("/v1/boxes/home").await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "missing-permission"));
    assert_eq!(refused.detail.as_deref(), Some("the permission `boxes:manage` is missing"));
    let me: Me = program.get("/v1/me").await.json(StatusCode::OK);
    assert_eq!((me.id, me.user), (made.token.id, None));
    assert_eq!(me.permissions, ["boxes:read", "boxes:operate"]);
}

#[tokio::test]
async fn a_token_is_known_by_its_hash_only_and_shown_once() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let (made, program) = app.program(&tenant.org, &["boxes:read"]).await;
    program.get("/v1/boxes").await;
    let answer = tenant.client.get("/v1/tokens").await;
    let text = answer.text();
    assert!(!text.contains(&made.secret));
    let list: TokenList = serde_json::from_str(&text).unwrap();
    assert_eq!(list.items[0].id, made.token.id);
    assert!(list.items[0].last_used_at.is_some());
}

#[tokio::test]
async fn a_token_works_wherever_a_credential_is_taken_and_never_beside_another() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let (made, program) = app.program(&tenant.org, &["boxes:read"]).await;
    let header = HeaderName::from_static("x-admin-secret");
    assert_eq!(app.anonymous().with(header.clone(), &made.secret).get("/v1/boxes").await.status, 200);
    let both = program.with(header, "not-the-secret").get("/v1/boxes").await;
    assert_eq!(both.problem().code, "wrong-credential", "the first credential decides alone");
    let other = app.anonymous().with_bearer(&format!("{}x", made.secret));
    assert_eq!(other.get("/v1/boxes").await.problem().code, "wrong-credential");
}

#[tokio::test]
async fn a_revoked_or_expired_token_opens_nothing() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let (made, program) = app.program(&tenant.org, &["boxes:read"]).await;
    let (_later, expiring) = app.program(&tenant.org, &["boxes:read"]).await;
    assert_eq!(program.get("/v1/boxes").await.status, StatusCode::OK);
    let mut told = app.control.revocations();
    let path = format!("/v1/tokens/{}", made.token.id);
    assert_eq!(tenant.client.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(program.get("/v1/boxes").await.problem().code, "wrong-credential");
    assert_eq!(told.try_recv(), Ok(Tie::Token(made.token.id.parse().unwrap())));
    assert_eq!(expiring.get("/v1/boxes").await.status, StatusCode::OK);
    app.clock.advance(jiff::SignedDuration::from_hours(90 * 24));
    assert_eq!(expiring.get("/v1/boxes").await.problem().code, "wrong-credential");
}

#[tokio::test]
async fn nobody_makes_a_token_that_may_more_than_they_may() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let (_adam, admin) = app.member(&tenant.org, "adam", "admin").await;
    let body = json!({ "name": "x", "scopes": ["boxes:read", "org:own"] });
    let refused = admin.post_json("/v1/tokens", &body).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "missing-permission"));
    let (_made, program) = app.program(&tenant.org, &["people:manage"]).await;
    let stronger = program.post_json("/v1/tokens", &json!({ "name": "x", "scopes": ["boxes:exec"] })).await;
    assert_eq!(stronger.problem().status, 403);
    let person = program.post_json("/v1/users", &json!({ "name": "x", "role": "viewer" })).await.problem();
    assert_eq!(person.status, 403, "a viewer may see boxes, which this token may not");
}

#[tokio::test]
async fn a_token_opens_nothing_while_its_maker_is_shut_out() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let (user, admin) = app.member(&owner.org, "ada", "admin").await;
    let body = json!({ "name": "deploy", "scopes": ["boxes:read"] });
    let made: CreatedToken = admin.post_json("/v1/tokens", &body).await.json(StatusCode::CREATED);
    let program = app.anonymous().with_bearer(&made.secret);
    assert_eq!(program.get("/v1/boxes").await.status, StatusCode::OK);
    let mut told = app.control.revocations();
    let path = format!("/v1/users/{}", user.id);
    let set = async |status: &str| {
        let change = json!({ "status": status });
        assert_eq!(owner.client.change_json(Method::PATCH, &path, &change).await.status, StatusCode::OK);
    };
    set("frozen").await;
    assert_eq!(program.get("/v1/boxes").await.problem().code, "wrong-credential");
    let ties: Vec<_> = std::iter::from_fn(|| told.try_recv().ok()).collect();
    assert!(ties.contains(&Tie::Token(made.token.id.parse().unwrap())), "{ties:?}");
    set("active").await;
    assert_eq!(program.get("/v1/boxes").await.status, StatusCode::OK);
    assert_eq!(owner.client.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(program.get("/v1/boxes").await.problem().code, "wrong-credential");
    let (_made, other) = app.program(&owner.org, &["boxes:read"]).await;
    assert_eq!(other.get("/v1/boxes").await.status, StatusCode::OK, "the platform's admin made this one");
}
