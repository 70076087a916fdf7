//! Service tokens and sessions.

use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, Fake};
use crate::run::smartbox;

const TOKEN_ID: &str = "tok_0190f5fe7c007a3e8a2f0123456789ab";
const SESSION_ID: &str = "ses_0190f5fe7c007a3e8a2f0123456789ab";
/// A token; it is shown once.
const TOKEN: &str = "sbx_a-service-token";

fn token() -> Value {
    json!({"id": TOKEN_ID, "org": "org_1", "name": "nightly", "scopes": ["boxes:read", "boxes:talk"],
        "created_by": "usr_1", "created_at": AT, "expires_at": "2027-02-19T07:51:02Z"})
}

fn created() -> Json<Value> {
    Json(json!({ "token": token(), "secret": TOKEN }))
}

#[tokio::test]
async fn a_token_of_one_box_comes_with_the_link_that_opens_it() {
    let mut answer = created().0;
    answer["token"]["box"] = "box_1".into();
    answer["link"] = format!("http://SERVER/b/box_1/?token={TOKEN}").into();
    let create = post(|| async { (StatusCode::CREATED, Json(answer)) });
    let fake = Fake::start(Router::new().route("/v1/tokens", create)).await;
    let words = ["token", "create", "kiosk", "--scope", "boxes:talk", "--box", "home"];
    assert_snapshot!(smartbox(&fake, &words).end().await);
    assert_eq!(fake.seen()[0].body, r#"{"name":"kiosk","scopes":["boxes:talk"],"box":"home"}"#);
}

#[tokio::test]
async fn a_new_token_is_printed_once_and_alone() {
    let create = post(|| async { (StatusCode::CREATED, created()) });
    let fake = Fake::start(Router::new().route("/v1/tokens", create)).await;
    let words = ["token", "create", "nightly", "--scope", "boxes:read,boxes:talk", "--scope", "audit:read"];
    let ran = smartbox(&fake, &[&words[..], &["--days", "30", "--org", "acme"]].concat()).end().await;
    assert_snapshot!(ran);
    let asked = &fake.seen()[0];
    assert_eq!(asked.line, "POST /v1/tokens");
    assert_eq!(
        serde_json::from_str::<Value>(&asked.body).unwrap(),
        json!({"name": "nightly", "scopes": ["boxes:read", "boxes:talk", "audit:read"], "expires_in_days": 30,
            "org": "acme"})
    );
    let words = ["token", "create", "nightly", "--scope", "boxes:read", "--json"];
    let document = smartbox(&fake, &words).end().await;
    assert_eq!(serde_json::from_str::<Value>(&document.stdout).unwrap(), created().0);
    assert_eq!(document.stderr, "");
    assert_eq!(fake.seen()[1].body, r#"{"name":"nightly","scopes":["boxes:read"]}"#);
}

#[test]
fn a_token_needs_scopes_that_exist_and_days_that_are_allowed() {
    for words in [
        &["token", "create", "nightly"][..],
        &["token", "create", "nightly", "--scope", "boxes:fly"],
        &["token", "create", "nightly", "--scope", "boxes:read", "--days", "0"],
        &["token", "create", "nightly", "--scope", "boxes:read", "--days", "366"],
        &["session", "revoke", TOKEN_ID],
    ] {
        let error = smartbox_cli::parse_from([&["smartbox"], words].concat()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{words:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_does_not_make_two_tokens() {
    use std::io::Read as _;
    // Takes one request and hangs up without an answer.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut fake = Fake::start(Router::new()).await;
    fake.url = format!("http://{}", listener.local_addr().unwrap());
    let hangs_up = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        drop(stream);
        listener.set_nonblocking(true).unwrap();
        listener
    });
    let ran = smartbox(&fake, &["token", "create", "nightly", "--scope", "boxes:read"]).end().await;
    assert!(ran.code == 5 && ran.stderr.contains("smartbox token list"), "{ran}");
    let listener = hangs_up.join().unwrap();
    assert!(listener.accept().is_err(), "nothing was sent again");
}

#[tokio::test]
async fn tokens_are_listed_without_what_they_are() {
    let mut used = token();
    used["last_used_at"] = AT.into();
    used["box"] = "box_1".into();
    let list = json!({ "items": [token(), used] });
    let empty = json!({ "items": [] });
    let fake = Fake::start(Router::new().route("/v1/tokens", get(|| async { Json(list) }))).await;
    assert_snapshot!("token_list", smartbox(&fake, &["token", "list", "--org", "acme"]).end().await);
    assert_eq!(fake.lines(), ["GET /v1/tokens?limit=200&org=acme"]);
    let document = smartbox(&fake, &["token", "list", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&document.stdout).unwrap()["items"][0], token());

    let fake = Fake::start(Router::new().route("/v1/tokens", get(|| async { Json(empty) }))).await;
    let none = smartbox(&fake, &["token", "list"]).end().await;
    assert!(none.stdout.is_empty() && none.stderr.contains("smartbox token create"), "{none}");
}

#[tokio::test]
async fn revoking_takes_ids_and_gives_no_token_away() {
    let gone = delete(|| async { StatusCode::NO_CONTENT });
    let routes =
        Router::new().route("/v1/tokens/{token}", gone.clone()).route("/v1/sessions/{session}", gone);
    let fake = Fake::start(routes).await;
    let ran = smartbox(&fake, &["token", "revoke", TOKEN_ID, "--org", "acme"]).end().await;
    assert_eq!((ran.code, ran.stderr), (0, format!("Service token `{TOKEN_ID}` is revoked.\n")));
    let ran = smartbox(&fake, &["session", "revoke", SESSION_ID]).end().await;
    assert_eq!((ran.code, ran.stderr), (0, format!("Session `{SESSION_ID}` has ended.\n")));
    let ran = smartbox(&fake, &["token", "revoke", TOKEN]).end().await;
    assert_eq!(ran.code, 2);
    assert!(!ran.stderr.contains(TOKEN) && ran.stderr.contains("smartbox token list"), "{ran}");
    assert_eq!(
        fake.lines(),
        [format!("DELETE /v1/tokens/{TOKEN_ID}?org=acme"), format!("DELETE /v1/sessions/{SESSION_ID}")]
    );
}

#[tokio::test]
async fn sessions_are_a_table_that_a_browsers_name_does_not_break() {
    let session = |id: &str, browser: Option<&str>, is_current: bool| {
        json!({"id": id, "user": "usr_1", "method": "link", "address": browser.map(|_| "192.0.2.7"),
            "user_agent": browser, "created_at": AT, "expires_at": AT, "is_current": is_current})
    };
    let long = format!("Mozilla/5.0 \n\x1b[2J{}", "x".repeat(400));
    let list = json!({ "items": [session("ses_2", Some(&long), true), session("ses_1", None, false)] });
    let fake = Fake::start(Router::new().route("/v1/sessions", get(|| async { Json(list) }))).await;
    assert_snapshot!(smartbox(&fake, &["session", "list"]).end().await);
    let document = smartbox(&fake, &["session", "list", "--user", "ada", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&document.stdout).unwrap()["items"][0]["user_agent"], long);
    assert_eq!(fake.lines(), ["GET /v1/sessions", "GET /v1/sessions?user=ada"]);
}
