//! Credentials that are good for one box: service tokens, tickets, and browsers at a box's own origin.

use http::header::{COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE};
use http::{Method, StatusCode};
use serde_json::json;
use smartbox_api::{BoxList, CreatedBox, CreatedToken, SessionList, TicketView, TokenList};
use smartbox_control::Recognised;
use smartbox_testkit::{Answer, Client, Tenant, TestApp};

async fn token_of(client: &Client, smartbox: &str, scopes: &[&str]) -> CreatedToken {
    let body = json!({ "name": "link", "scopes": scopes, "box": smartbox });
    client.post_json("/v1/tokens", &body).await.json(StatusCode::CREATED)
}

async fn two_boxes() -> (TestApp, Tenant) {
    let app = TestApp::start().await;
    app.public_url.set("http://smartbox.test");
    let owner = app.first_tenant().await;
    app.running_box(&owner.client, "home").await;
    app.running_box(&owner.client, "work").await;
    (app, owner)
}

#[tokio::test]
async fn for_a_token_of_one_box_nothing_else_exists() {
    let (app, owner) = two_boxes().await;
    let scopes = ["boxes:read", "boxes:operate", "people:manage", "audit:read"];
    let made = token_of(&owner.client, "home", &scopes).await;
    let home = made.token.only.clone().unwrap();
    let program = app.anonymous().with_bearer(&made.secret);
    assert_eq!(program.get("/v1/boxes/home").await.status, StatusCode::OK);
    assert_eq!(program.get("/v1/boxes/default").await.status, StatusCode::OK);
    assert_eq!(program.get("/v1/boxes/work").await.problem().code, "box-not-found");
    let list: BoxList = program.get("/v1/boxes").await.json(StatusCode::OK);
    assert_eq!(list.items.iter().map(|found| &found.id).collect::<Vec<_>>(), [&home]);
    let stopped = program.post("/v1/boxes/home/stop").await;
    assert_eq!(stopped.status, StatusCode::ACCEPTED);
    assert_eq!(program.post("/v1/boxes/work/stop").await.problem().status, 404);
    for path in ["/v1/users", "/v1/tokens", "/v1/audit", "/v1/devices"] {
        assert_eq!(program.get(path).await.problem().code, "missing-permission", "{path}");
    }
    let tokens: TokenList = owner.client.get("/v1/tokens").await.json(StatusCode::OK);
    assert_eq!(tokens.items[0].only.as_ref(), Some(&home));
}

#[tokio::test]
async fn operations_of_other_boxes_do_not_exist_either() {
    let (app, owner) = two_boxes().await;
    let made = token_of(&owner.client, "home", &["boxes:read"]).await;
    let stopped = owner.client.post("/v1/boxes/work/stop").await;
    let stopped: CreatedBox = stopped.json(StatusCode::ACCEPTED);
    let path = format!("/v1/operations/{}", stopped.operation.id);
    assert_eq!(owner.client.get(&path).await.status, StatusCode::OK);
    let program = app.anonymous().with_bearer(&made.secret);
    assert_eq!(program.get(&path).await.problem().code, "operation-not-found");
}

#[tokio::test]
async fn a_box_of_another_org_gets_no_token() {
    let (app, _owner) = two_boxes().await;
    let stranger = app.tenant("acme").await;
    let body = json!({ "name": "x", "scopes": ["boxes:read"], "box": "home" });
    let refused = stranger.client.post_json("/v1/tokens", &body).await.problem();
    assert_eq!((refused.status, refused.errors[0].field.as_str()), (422, "box"));
}

#[tokio::test]
async fn the_link_of_a_token_becomes_a_cookie_for_that_box_and_leaves_the_address() {
    let (app, owner) = two_boxes().await;
    let made = token_of(&owner.client, "home", &["boxes:read", "boxes:talk"]).await;
    let link = made.link.unwrap();
    assert!(link.starts_with("http://smartbox.test/b/box_") && link.contains("/?token=sbx_"), "{link}");
    // The edge brings a browser with such an address here.
    let path = format!("/_smartbox/enter?token={}&to=/b/home/", made.secret);
    let answer = app.anonymous().get(&path).await;
    assert_eq!((answer.status, answer.header(LOCATION)), (StatusCode::SEE_OTHER, "/b/home/"));
    assert_eq!(answer.header(REFERRER_POLICY), "no-referrer");
    let cookie = answer.header(SET_COOKIE);
    for attribute in ["smartbox_box=sbx_", "HttpOnly", "SameSite=Lax", "Path=/b/home;"] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    let general = app.program(&owner.org, &["boxes:read"]).await.0.secret;
    for bad in [general.as_str(), "sbx_nothing", ""] {
        let refused = app.anonymous().get(&format!("/_smartbox/enter?token={bad}&to=/")).await;
        assert_eq!(refused.problem().code, "wrong-credential", "{bad}");
    }
}

#[tokio::test]
async fn where_boxes_have_hosts_of_their_own_the_link_leads_there() {
    let (app, owner) = two_boxes().await;
    let made = token_of(&owner.client, "home", &["boxes:read"]).await;
    let browser = app
        .anonymous()
        .with(http::header::HOST, "boxes.example:8443")
        .with(http::HeaderName::from_static("x-forwarded-proto"), "https");
    let path = format!("/_smartbox/enter?token={}&to=/", made.secret);
    let sent = browser.get(&path).await;
    let host = format!("{}.boxes.example:8443", made.token.only.unwrap().replace('_', "-"));
    let there = format!("https://{host}/_smartbox/enter?token={}", made.secret);
    assert_eq!((sent.header(LOCATION), sent.header(SET_COOKIE)), (there.as_str(), ""));
    let arrived = browser.with(http::header::HOST, &host).get(&path).await;
    assert!(arrived.header(SET_COOKIE).starts_with("__Host-smartbox_box=sbx_"), "{:?}", arrived.headers);
    assert_eq!(arrived.header(LOCATION), "/");
}

async fn ticket(client: &Client, path: &str, origin: Option<&str>) -> String {
    let body = json!({ "box": "home", "path": path, "origin": origin });
    client.post_json("/v1/tickets", &body).await.json::<TicketView>(StatusCode::CREATED).ticket
}

#[tokio::test]
async fn a_ticket_is_good_once_for_its_path_and_its_page() {
    let (app, owner) = two_boxes().await;
    let (path, page) = ("/b/home/ws", "https://app.example.com");
    let good = ticket(&owner.client, path, Some(page)).await;
    let who: Recognised = app.control.redeem_ticket(&good, path, Some(page)).await.unwrap();
    assert!(who.principal.only().is_some() && who.session.is_some());
    assert!(app.control.redeem_ticket(&good, path, Some(page)).await.is_err(), "it works once");
    for (asked, from) in [("/b/home/other", Some(page)), (path, Some("https://evil.example")), (path, None)] {
        let one = ticket(&owner.client, path, Some(page)).await;
        assert!(app.control.redeem_ticket(&one, asked, from).await.is_err(), "{asked} {from:?}");
        let again = app.control.redeem_ticket(&one, path, Some(page)).await;
        assert!(again.is_err(), "an attempt uses it up");
    }
    let late = ticket(&owner.client, path, None).await;
    app.clock.advance(jiff::SignedDuration::from_secs(60));
    assert!(app.control.redeem_ticket(&late, path, None).await.is_err());
}

#[tokio::test]
async fn a_ticket_ends_with_whoever_made_it() {
    let (app, owner) = two_boxes().await;
    let (user, browser) = app.member(&owner.org, "ada", "operator").await;
    let (made, program) = app.program(&owner.org, &["boxes:read"]).await;
    let of_person = ticket(&browser, "/", None).await;
    let of_program = ticket(&program, "/", None).await;
    let frozen = json!({ "status": "frozen" });
    owner.client.change_json(Method::PATCH, &format!("/v1/users/{}", user.id), &frozen).await;
    owner.client.delete(&format!("/v1/tokens/{}", made.token.id)).await;
    for ticket in [of_person, of_program] {
        assert!(app.control.redeem_ticket(&ticket, "/", None).await.is_err());
    }
}

#[tokio::test]
async fn tickets_are_for_boxes_that_exist_for_their_maker() {
    let (app, owner) = two_boxes().await;
    let stranger = app.tenant("acme").await;
    let body = json!({ "box": "home", "path": "/b/home/" });
    assert_eq!(stranger.client.post_json("/v1/tickets", &body).await.problem().code, "box-not-found");
    assert_eq!(app.admin().post_json("/v1/tickets", &body).await.problem().status, 403);
    let only = token_of(&owner.client, "home", &["boxes:read"]).await;
    let program = app.anonymous().with_bearer(&only.secret);
    let other = json!({ "box": "work", "path": "/b/work/" });
    assert_eq!(program.post_json("/v1/tickets", &other).await.problem().code, "box-not-found");
    for (field, bad) in [
        ("path", "b/home"),
        ("path", "/a?b"),
        ("path", "/_smartbox/enter"),
        ("origin", "app.example.com"),
        ("origin", "https://a/b"),
    ] {
        let mut body = json!({ "box": "home", "path": "/" });
        body[field] = json!(bad);
        let refused = owner.client.post_json("/v1/tickets", &body).await.problem();
        assert_eq!((refused.status, refused.errors[0].field.as_str()), (422, field), "{bad}");
    }
}

/// Follows a person from the box's own origin to the platform and back, as their browser does.
async fn enter(app: &TestApp, browser: &Client) -> Answer {
    let asked = "/sign-in/box?host=home.localhost:8080&to=%2Fchat%3Fsession%3Dmain";
    let sent = browser.get(asked).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let back = sent.header(LOCATION).to_owned();
    let path = back.strip_prefix("http://home.localhost:8080").unwrap_or_else(|| panic!("{back}"));
    app.anonymous().with(http::header::HOST, "home.localhost:8080").get(path).await
}

#[tokio::test]
async fn a_person_comes_to_a_boxes_own_origin_with_a_session_for_that_box_alone() {
    let (app, owner) = two_boxes().await;
    let answer = enter(&app, &owner.client).await;
    assert_eq!((answer.status, answer.header(LOCATION)), (StatusCode::SEE_OTHER, "/chat?session=main"));
    let cookie = answer.header(SET_COOKIE).to_owned();
    assert!(cookie.starts_with("smartbox_box=") && cookie.contains("HttpOnly") && !cookie.contains("Domain"));
    let pair = cookie.split(';').next().unwrap();
    let secret = pair.split_once('=').unwrap().1;

    // At the platform's own API it is nothing, whatever it is called there.
    let there = app.anonymous().with(COOKIE, pair);
    assert_eq!(there.get("/v1/boxes").await.problem().code, "not-signed-in");
    let disguised = app.anonymous().with_session(secret);
    assert_eq!(disguised.get("/v1/boxes").await.problem().code, "wrong-credential");
    assert_eq!(disguised.post("/v1/sign-in-links").await.problem().code, "wrong-credential");

    let found = app.control.find_box_credential(secret).await.unwrap().unwrap();
    let sessions: SessionList = owner.client.get("/v1/sessions").await.json(StatusCode::OK);
    let parent = sessions.items.iter().find(|session| session.method == "link").unwrap();
    assert_eq!(found.parent.map(|id| id.to_string()), Some(parent.id.clone()));
    owner.client.delete(&format!("/v1/sessions/{}", parent.id)).await;
    assert_eq!(
        app.control.find_box_credential(secret).await.unwrap(),
        None,
        "it ends with the one it came from"
    );
}

#[tokio::test]
async fn strangers_sign_in_first_and_nobody_is_sent_to_another_server() {
    let (app, owner) = two_boxes().await;
    let asked = "/sign-in/box?host=home.localhost:8080&to=%2F";
    let sent = app.anonymous().get(asked).await;
    let to = "/sign-in?to=%2Fsign-in%2Fbox%3Fhost%3Dhome.localhost%3A8080%26to%3D%252F";
    assert_eq!((sent.status, sent.header(LOCATION)), (StatusCode::SEE_OTHER, to));
    for host in
        ["evil.example", "localhost", "a.b.localhost", "home.localhost@evil.example", "home.localhost/x", ""]
    {
        let refused = owner.client.get(&format!("/sign-in/box?host={host}")).await;
        assert_eq!(refused.problem().status, 422, "{host}");
    }
    let foreign = owner.client.get("/sign-in/box?host=home.localhost&to=//evil.example").await;
    assert!(foreign.header(LOCATION).ends_with("&to=%2F"), "{}", foreign.header(LOCATION));
    let stranger = app.tenant("acme").await;
    assert_eq!(stranger.client.get(asked).await.problem().code, "box-not-found");
}

#[tokio::test]
async fn a_ticket_to_one_origin_opens_no_other() {
    let (app, owner) = two_boxes().await;
    let sent = owner.client.get("/sign-in/box?host=home.localhost:8080").await;
    let back = sent.header(LOCATION).to_owned();
    let path = back.strip_prefix("http://home.localhost:8080").unwrap();
    let other = app.anonymous().with(http::header::HOST, "work.localhost:8080").get(path).await;
    assert_eq!(other.problem().code, "wrong-credential");
}
