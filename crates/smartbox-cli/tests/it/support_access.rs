//! Support access on the command line.

use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, Fake};
use crate::run::smartbox;

const ID: &str = "sup_0190f5fe7c007a3e8a2f0123456789ab";
/// A credential; it is shown once.
const TOKEN: &str = "sbs_a-credential";

fn session() -> Value {
    json!({ "id": ID, "org": "org_1", "user": "usr_1", "user_name": "ada", "opened_by": "admin",
        "operator": "Jo", "reason": "Ticket 4711:\nno answer", "level": "read", "opened_at": AT,
        "expires_at": "2026-11-21T08:21:02Z", "is_open": true })
}

fn ended() -> Value {
    let mut ended = session();
    ended["is_open"] = false.into();
    ended["level"] = "act".into();
    ended["ended_at"] = "2026-11-21T08:00:00Z".into();
    ended.as_object_mut().unwrap().remove("operator");
    ended
}

#[tokio::test]
async fn opening_prints_the_credential_once_and_alone() {
    let link = format!("http://SERVER/sign-in#{TOKEN}");
    let opened = json!({ "session": session(), "token": TOKEN, "link": link });
    let open = post(|| async { (StatusCode::CREATED, Json(opened)) });
    let fake = Fake::start(Router::new().route("/v1/support-sessions", open)).await;
    let words =
        ["support", "open", "ada", "--reason", "Ticket 4711", "--as", "Jo", "--act", "--minutes", "60"];
    assert_snapshot!(smartbox(&fake, &words).end().await);
    let body = r#"{"user":"ada","reason":"Ticket 4711","level":"act","minutes":60,"operator":"Jo"}"#;
    assert_eq!(fake.seen()[0].body, body);
    let document = smartbox(&fake, &["support", "open", "ada", "--reason", "x", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&document.stdout).unwrap()["token"], TOKEN);
    assert_eq!(document.stderr, "");
    let without = smartbox_cli::parse_from(["smartbox", "support", "open", "ada"]);
    assert!(without.is_err(), "a reason is needed");
}

#[tokio::test]
async fn a_list_shows_who_helps_whom_and_until_when() {
    let list = get(|| async { Json(json!({ "items": [session(), ended()] })) });
    let fake = Fake::start(Router::new().route("/v1/support-sessions", list)).await;
    assert_snapshot!(smartbox(&fake, &["support", "list"]).end().await);
    smartbox(&fake, &["support", "list", "--open", "--user", "ada", "--org", "acme"]).end().await;
    assert_eq!(fake.lines()[1], "GET /v1/support-sessions?limit=200&open=true&user=ada&org=acme");
}

#[tokio::test]
async fn ending_takes_the_id_and_never_prints_a_credential() {
    let end = delete(|| async { StatusCode::NO_CONTENT });
    let fake = Fake::start(Router::new().route("/v1/support-sessions/{id}", end)).await;
    let ran = smartbox(&fake, &["support", "end", ID]).end().await;
    assert_eq!((ran.code, ran.stderr), (0, format!("Support access `{ID}` has ended.\n")));
    let wrong = smartbox(&fake, &["support", "end", TOKEN]).end().await;
    assert!(wrong.code == 2 && !wrong.to_string().contains(TOKEN), "{wrong}");
    assert_eq!(fake.lines().len(), 1);
}

#[tokio::test]
async fn its_credential_is_sent_as_a_bearer_and_whoami_says_in_whose_name() {
    let me = json!({ "id": ID, "org": "org_1", "permissions": ["boxes:read"], "is_paired": true,
        "support": session() });
    let fake = Fake::start(Router::new().route("/v1/me", get(|| async { Json(me) }))).await;
    assert_snapshot!(smartbox(&fake, &["whoami"]).token(Some(TOKEN)).end().await);
    assert_eq!(fake.seen()[0].header("authorization"), Some(&*format!("Bearer {TOKEN}")));
}
