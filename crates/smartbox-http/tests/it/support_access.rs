//! Support access: who opens it, what it may, who sees it, and how it ends.

use std::time::Duration;

use http::header::{ACCEPT, SET_COOKIE};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use smartbox_api::{
    AuditLine, AuditList, BoxList, CreatedBox, Me, OpenedSupport, SupportSessionList, SupportSessionView,
};
use smartbox_control::SupportLoop;
use smartbox_core::Tie;
use smartbox_testkit::{Client, Tenant, TestApp};

async fn world() -> (TestApp, Tenant) {
    let app = TestApp::start().await;
    app.public_url.set("http://smartbox.test");
    let owner = app.first_tenant().await;
    app.running_box(&owner.client, "home").await;
    (app, owner)
}

/// What everybody who may read the audit log reads of support access.
async fn told(client: &Client) -> Vec<AuditLine> {
    let log: AuditList = client.get("/v1/audit?limit=200").await.json(StatusCode::OK);
    log.items.into_iter().filter(|line| line.action.starts_with("support.")).collect()
}

fn detail(line: &AuditLine) -> Value {
    serde_json::from_str(&line.detail).unwrap()
}

async fn sessions(client: &Client, query: &str) -> Vec<SupportSessionView> {
    let list: SupportSessionList =
        client.get(&format!("/v1/support-sessions{query}")).await.json(StatusCode::OK);
    list.items
}

#[tokio::test]
async fn only_the_platforms_admin_opens_it_and_says_why() {
    let (app, owner) = world().await;
    let good = json!({ "user": owner.owner, "reason": "Ticket 4711" });
    let refused = owner.client.post_json("/v1/support-sessions", &good).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "admin-only"));
    let bad = json!({ "user": owner.owner, "reason": " ", "minutes": 241, "level": "root", "operator": "" });
    let refused = app.admin().post_json("/v1/support-sessions", &bad).await.problem();
    let fields: Vec<_> = refused.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!((refused.code.as_str(), fields), ("invalid", vec!["reason", "operator", "level", "minutes"]));
    let nobody = json!({ "user": "nobody", "reason": "Ticket 4711" });
    let refused = app.admin().post_json("/v1/support-sessions", &nobody).await.problem();
    assert_eq!(refused.code, "user-not-found");

    let opened: OpenedSupport =
        app.admin().post_json("/v1/support-sessions", &good).await.json(StatusCode::CREATED);
    assert_eq!(opened.link, format!("http://smartbox.test/sign-in#{}", opened.token));
    assert!(opened.token.starts_with("sbs_") && opened.session.is_open);
    assert_eq!((opened.session.level.as_str(), opened.session.opened_by.as_str()), ("read", "admin"));
    let again = app.anonymous().with_bearer(&opened.token).post_json("/v1/support-sessions", &good).await;
    assert_eq!(again.problem().code, "support-refused", "no second one out of the first");
}

#[tokio::test]
async fn it_looks_with_the_persons_eyes_and_each_answer_says_so() {
    let (app, owner) = world().await;
    let acme = app.tenant("acme").await;
    app.created_box(&acme.client, "theirs").await;
    let (opened, helper) = app.supported(&owner.owner, "read").await;
    let answer = helper.get("/v1/boxes").await;
    let session = &opened.session;
    assert_eq!(answer.header("smartbox-support"), format!("{}; until={}", session.id, session.expires_at));
    let boxes: BoxList = answer.json(StatusCode::OK);
    assert_eq!(boxes.items.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["home"]);
    let me: Me = helper.get("/v1/me").await.json(StatusCode::OK);
    assert_eq!((&me.id, &me.user, &me.org), (&session.id, &None, &Some(owner.org.clone())));
    assert_eq!(me.permissions, ["boxes:read", "audit:read"]);
    assert_eq!(me.support.as_ref(), Some(session));
    assert_eq!(owner.client.get("/v1/boxes").await.header("smartbox-support"), "", "nobody else's answers");

    let refused = helper.post("/v1/boxes/home/stop").await;
    assert!(refused.header("smartbox-support").starts_with("sup_"), "refusals, too");
    assert_eq!(refused.problem().code, "support-read-only");
}

#[tokio::test]
async fn it_may_never_more_than_the_person() {
    let (app, owner) = world().await;
    let (viewer, _browser) = app.member(&owner.org, "vera", "viewer").await;
    let (_opened, helper) = app.supported(&viewer.id, "act").await;
    let me: Me = helper.get("/v1/me").await.json(StatusCode::OK);
    assert_eq!(me.permissions, ["boxes:read"]);
    assert_eq!(helper.post("/v1/boxes/home/stop").await.problem().code, "missing-permission");
    let raised = json!({ "role": "operator" });
    owner.client.change_json(Method::PATCH, &format!("/v1/users/{}", viewer.id), &raised).await;
    assert_eq!(helper.post("/v1/boxes/home/stop").await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_is_done_names_the_operator_and_the_person() {
    let (app, owner) = world().await;
    let (opened, helper) = app.supported(&owner.owner, "act").await;
    let _stopped: CreatedBox = helper.post("/v1/boxes/home/stop").await.json(StatusCode::ACCEPTED);
    let log: AuditList = owner.client.get("/v1/audit?limit=200").await.json(StatusCode::OK);
    let line = log.items.iter().find(|line| line.action == "box.stop-requested").expect("it is in the log");
    let support = json!({ "session": opened.session.id, "for": owner.owner });
    assert_eq!((line.actor.as_str(), &detail(line)["support"]), ("admin", &support));
    let opening = &told(&owner.client).await[0];
    assert_eq!((opening.action.as_str(), opening.reason.as_str()), ("support.opened", "Ticket 4711"));
    assert_eq!((&detail(opening)["support"], &detail(opening)["operator"]), (&support, &json!("jo")));
    assert!(!opening.detail.contains("sbs_"), "no credential is told");
}

#[tokio::test]
async fn credentials_people_money_and_ends_are_never_touched() {
    let (app, owner) = world().await;
    let (_opened, helper) = app.supported(&owner.owner, "act").await;
    for path in [
        "/v1/boxes/home/config",
        "/v1/boxes/home/files",
        "/v1/boxes/home/secrets",
        "/v1/boxes/home/exec",
        "/v1/devices",
        "/v1/sessions",
        "/v1/tokens",
        "/v1/users",
        "/v1/webhooks",
        "/v1/orgs/me/export",
        "/users/me",
        "/agents",
    ] {
        assert_eq!(helper.get(path).await.problem().code, "support-refused", "{path}");
    }
    for path in ["/v1/boxes/home/backup-key", "/v1/sign-in-links", "/v1/boxes/home/archive"] {
        assert_eq!(helper.post(path).await.problem().code, "support-refused", "{path}");
    }
    let bodies = [
        (Method::POST, "/v1/tokens", json!({ "name": "x", "scopes": ["boxes:read"] })),
        (Method::POST, "/v1/tickets", json!({ "box": "home", "path": "/b/home/" })),
        (Method::POST, "/v1/boxes", json!({ "name": "another" })),
        (Method::PUT, "/v1/boxes/home/budget", json!({ "day": { "tokens": 1 } })),
        (Method::PUT, "/v1/users/me/password", json!({ "password": "correct horse battery" })),
        (Method::DELETE, "/v1/boxes/home", Value::Null),
    ];
    for (method, path, body) in bodies {
        let refused = helper.change_json(method, path, &body).await.problem();
        assert_eq!((refused.status, refused.code.as_str()), (403, "support-refused"), "{path}");
        assert!(refused.remedy.is_some_and(|remedy| remedy.contains("in your own name")), "{path}");
    }
}

#[tokio::test]
async fn tools_of_the_model_context_protocol_keep_to_it() {
    let (app, owner) = world().await;
    let (_opened, helper) = app.supported(&owner.owner, "read").await;
    let helper = helper.with(ACCEPT, "application/json, text/event-stream");
    for (tool, code) in [("stop_box", "support-read-only"), ("list_commands", "support-refused")] {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": { "box": "home" } } });
        let answer = helper.post_json("/mcp", &call).await;
        assert!(answer.header("smartbox-support").starts_with("sup_"), "{tool}");
        let answer: Value = answer.json(StatusCode::OK);
        assert_eq!(answer["result"]["structuredContent"]["code"], code, "{answer}");
    }
}

#[tokio::test]
async fn the_operator_the_person_the_owner_and_itself_end_it_and_nobody_else() {
    let (app, owner) = world().await;
    let (ada, ada_browser) = app.member(&owner.org, "ada", "operator").await;
    let (_bob, bob_browser) = app.member(&owner.org, "bob", "operator").await;
    let acme = app.tenant("acme").await;
    let admin = app.admin();
    for who in 0..4 {
        let (opened, helper) = app.supported(&ada.id, "read").await;
        let path = format!("/v1/support-sessions/{}", opened.session.id);
        for stranger in [&bob_browser, &acme.client] {
            for answer in [stranger.get(&path).await, stranger.delete(&path).await] {
                assert_eq!(answer.problem().code, "support-session-not-found");
            }
        }
        let mut revoked = app.control.revocations();
        let ends = [&admin, &ada_browser, &owner.client, &helper][who];
        assert_eq!(ends.delete(&path).await.status, StatusCode::NO_CONTENT, "{who}");
        assert_eq!(revoked.try_recv(), Ok(Tie::Support(opened.session.id.parse().unwrap())));
        assert_eq!(helper.get("/v1/boxes").await.problem().code, "wrong-credential");
        let again: StatusCode = admin.delete(&path).await.status;
        assert_eq!(again, StatusCode::NO_CONTENT, "what has ended stays ended");
        let shown: SupportSessionView = ada_browser.get(&path).await.json(StatusCode::OK);
        let by = ["admin", &ada.id, &owner.owner, "admin"][who];
        assert_eq!((shown.is_open, shown.ended_by.as_deref()), (false, Some(by)));
    }
    let actions: Vec<_> = told(&owner.client).await.into_iter().map(|line| line.action).collect();
    assert_eq!(actions, ["support.opened", "support.ended"].repeat(4), "each end is told once");
}

#[tokio::test]
async fn its_time_ends_it_and_the_log_is_told_once() {
    let (app, owner) = world().await;
    let (_opened, helper) = app.supported(&owner.owner, "read").await;
    app.clock.advance(SignedDuration::from_secs(30 * 60 - 1));
    assert_eq!(helper.get("/v1/boxes").await.status, StatusCode::OK);
    let ends = SupportLoop::new(app.control.clone());
    ends.pass().await.unwrap();
    assert_eq!(told(&owner.client).await.len(), 1);
    app.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(helper.get("/v1/boxes").await.problem().code, "wrong-credential");
    assert!(!sessions(&owner.client, "").await[0].is_open, "before anybody was told");
    ends.pass().await.unwrap();
    ends.pass().await.unwrap();
    let lines = told(&owner.client).await;
    let last = lines.last().unwrap();
    assert_eq!(
        (lines.len(), last.action.as_str(), last.reason.as_str()),
        (2, "support.ended", "its time was over")
    );
}

#[tokio::test]
async fn it_dies_with_the_person_who_is_frozen_and_does_not_come_back() {
    let (app, owner) = world().await;
    let (ada, _browser) = app.member(&owner.org, "ada", "operator").await;
    let (_opened, helper) = app.supported(&ada.id, "read").await;
    let path = format!("/v1/users/{}", ada.id);
    for status in ["frozen", "active"] {
        owner.client.change_json(Method::PATCH, &path, &json!({ "status": status })).await;
        assert_eq!(helper.get("/v1/boxes").await.problem().code, "wrong-credential", "{status}");
    }
    SupportLoop::new(app.control.clone()).pass().await.unwrap();
    let lines = told(&owner.client).await;
    assert_eq!(lines.last().unwrap().reason, "the person is not let in any more");
    owner.client.change_json(Method::PATCH, &path, &json!({ "status": "frozen" })).await;
    let body = json!({ "user": ada.id, "reason": "Ticket 4711" });
    let refused = app.admin().post_json("/v1/support-sessions", &body).await.problem();
    assert_eq!(refused.code, "account-frozen");
}

#[tokio::test]
async fn what_is_open_with_it_ends_with_it() {
    let (app, owner) = world().await;
    let (opened, helper) = app.supported(&owner.owner, "read").await;
    let mut stream = helper.events("/v1/events").await;
    assert_eq!(stream.status, StatusCode::OK);
    let path = format!("/v1/support-sessions/{}", opened.session.id);
    assert_eq!(owner.client.delete(&path).await.status, StatusCode::NO_CONTENT);
    let ended = async { while stream.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("the stream ends");
}

#[tokio::test]
async fn everybody_sees_what_is_in_their_name_and_who_manages_people_sees_all_of_the_org() {
    let (app, owner) = world().await;
    let (ada, ada_browser) = app.member(&owner.org, "ada", "operator").await;
    let acme = app.tenant("acme").await;
    let (of_owner, helper) = app.supported(&owner.owner, "read").await;
    let (of_ada, _) = app.supported(&ada.id, "act").await;
    let (of_acme, _) = app.supported(&acme.owner, "read").await;
    let ids = async |client: &Client, query: &str| {
        let mut ids: Vec<_> = sessions(client, query).await.into_iter().map(|found| found.id).collect();
        ids.sort();
        ids
    };
    let all = |mut all: Vec<&OpenedSupport>| {
        all.sort_by_key(|opened| opened.session.id.clone());
        all.iter().map(|opened| opened.session.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&ada_browser, "").await, all(vec![&of_ada]));
    assert_eq!(ids(&owner.client, "").await, all(vec![&of_owner, &of_ada]));
    assert_eq!(ids(&owner.client, "?user=me").await, all(vec![&of_owner]));
    assert_eq!(ids(&acme.client, "").await, all(vec![&of_acme]));
    assert_eq!(ids(&app.admin(), "").await, all(vec![&of_owner, &of_ada, &of_acme]));
    assert_eq!(ids(&app.admin(), "?org=acme").await, all(vec![&of_acme]));
    assert_eq!(ids(&helper, "").await, all(vec![&of_owner]), "itself, and no other");
    let (_made, program) = app.program(&owner.org, &["boxes:read"]).await;
    assert_eq!(program.get("/v1/support-sessions").await.problem().code, "missing-permission");
    app.admin().delete(&format!("/v1/support-sessions/{}", of_ada.session.id)).await;
    assert_eq!(ids(&owner.client, "?open=true").await, all(vec![&of_owner]));
}

#[tokio::test]
async fn a_browser_signs_in_with_its_link_and_signing_out_ends_it() {
    let (app, owner) = world().await;
    let (opened, _program) = app.supported(&owner.owner, "read").await;
    let signed_in = app.anonymous().post_json("/sign-in", &json!({ "code": opened.token })).await;
    assert_eq!(signed_in.status, StatusCode::OK);
    let cookie = signed_in.header(SET_COOKIE);
    assert!(cookie.contains("Max-Age=1800") && cookie.contains("HttpOnly"), "{cookie}");
    let browser = app.anonymous().with_session(&opened.token);
    let me: Me = browser.get("/v1/me").await.json(StatusCode::OK);
    assert_eq!(me.support.map(|support| support.id), Some(opened.session.id));
    let foreign = browser.clone().with(http::header::ORIGIN, "http://evil.example");
    assert_eq!(foreign.post("/v1/boxes/home/stop").await.problem().code, "bad-origin");
    assert_eq!(browser.post("/sign-out").await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.get("/v1/me").await.problem().code, "wrong-credential");
    let again = app.anonymous().post_json("/sign-in", &json!({ "code": opened.token })).await;
    assert_eq!(again.problem().code, "sign-in-link-used-up");
    assert!(sessions(&owner.client, "?open=true").await.is_empty());
}

#[tokio::test]
async fn webhooks_tell_of_its_beginning_and_end() {
    let (app, owner) = world().await;
    let receiver = smartbox_testkit::Receiver::start().await;
    let webhook = json!({ "url": receiver.url, "types": ["support.*"] });
    assert_eq!(owner.client.post_json("/v1/webhooks", &webhook).await.status, StatusCode::CREATED);
    let (opened, _program) = app.supported(&owner.owner, "read").await;
    app.admin().delete(&format!("/v1/support-sessions/{}", opened.session.id)).await;
    app.send_webhooks().await;
    let types: Vec<_> = receiver.take().iter().map(|receipt| receipt.event().kind).collect();
    assert_eq!(types, ["support.opened", "support.ended"]);
}
