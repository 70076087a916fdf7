//! People: who one is, users, passwords.

use axum::http::StatusCode;
use axum::routing::{delete, get, patch, post, put};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, Fake, problem};
use crate::run::smartbox;

/// Id of the person of these tests.
const USER_ID: &str = "usr_0190f5fe7c007a3e8a2f0123456789ab";
/// Their password; it must never be seen.
const PASSWORD: &str = "correct horse battery staple";

fn ada() -> Value {
    json!({ "id": USER_ID, "org": "org_1", "name": "ada", "email": "ada@example.org", "role": "operator",
        "status": "active", "has_password": true, "created_at": AT })
}

fn admin() -> Value {
    json!({"id": "admin", "permissions": ["boxes:read", "people:manage"], "is_paired": true})
}

fn me() -> Value {
    json!({"id": USER_ID, "org": "org_1", "permissions": ["boxes:read", "boxes:talk"], "user": ada(),
        "device": "dev_1", "is_paired": true})
}

async fn no_content() -> StatusCode {
    StatusCode::NO_CONTENT
}

fn link() -> axum::routing::MethodRouter {
    post(|| async { Json(json!({"path": "/sign-in#the-code", "url": "", "expires_at": AT})) })
}

#[tokio::test]
async fn whoami_tells_a_person_from_a_token_and_from_the_admin() {
    let token = json!({"id": "tok_1", "org": "org_1", "permissions": ["boxes:read"], "is_paired": true});
    let mut waits = me();
    waits["is_paired"] = false.into();
    let mut without = waits.clone();
    without.as_object_mut().unwrap().remove("device");
    let mut told = String::new();
    for me in [me(), waits, without, token, admin()] {
        let answer = me.clone();
        let fake = Fake::start(Router::new().route("/v1/me", get(|| async { Json(answer) }))).await;
        told += &format!("{}\n", smartbox(&fake, &["whoami"]).end().await);
        let document = smartbox(&fake, &["whoami", "--json"]).end().await;
        assert_eq!(serde_json::from_str::<Value>(&document.stdout).unwrap(), me);
    }
    assert_snapshot!(told);
}

#[tokio::test]
async fn add_prints_the_id_and_a_link_only_if_asked_to() {
    let routes = Router::new()
        .route("/v1/users", post(|| async { (StatusCode::CREATED, Json(ada())) }))
        .route("/v1/sign-in-links", link());
    let fake = Fake::start(routes).await;
    let words = ["user", "add", "ada", "--role", "operator", "--email", "ada@example.org", "--org", "acme"];
    let ran = smartbox(&fake, &words).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, format!("{USER_ID}\n").as_str()));
    assert_eq!(ran.stderr, "`ada` is there, as operator.\n");
    let asked = &fake.seen()[0];
    assert_eq!(asked.line, "POST /v1/users");
    assert_eq!(asked.header("idempotency-key").unwrap().len(), 32);
    assert_eq!(
        serde_json::from_str::<Value>(&asked.body).unwrap(),
        json!({"name": "ada", "role": "operator", "email": "ada@example.org", "org": "acme"})
    );

    let linked = smartbox(&fake, &["user", "add", "ada", "--link"]).end().await;
    assert_eq!(linked.stdout, format!("{USER_ID}\nhttp://SERVER/sign-in#the-code\n"));
    assert!(linked.stderr.contains("It works once"), "{linked}");
    let seen = fake.seen();
    assert_eq!(seen[1].body, r#"{"name":"ada"}"#, "what is not said is not sent");
    assert_eq!(
        (seen[2].line.as_str(), seen[2].body.as_str()),
        ("POST /v1/sign-in-links", format!(r#"{{"user":"{USER_ID}"}}"#).as_str())
    );

    let document = smartbox(&fake, &["user", "add", "ada", "--link", "--json"]).end().await;
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    assert_eq!((&document["id"], &document["sign_in_link"]["expires_at"]), (&json!(USER_ID), &json!(AT)));
}

#[tokio::test]
async fn a_person_is_there_even_if_their_link_is_refused() {
    let refused = || async { problem(json!({"type": "", "status": 403, "code": "x", "title": "No"})) };
    let routes = Router::new()
        .route("/v1/users", post(|| async { (StatusCode::CREATED, Json(ada())) }))
        .route("/v1/sign-in-links", post(refused));
    let fake = Fake::start(routes).await;
    for json in [&[][..], &["--json"]] {
        let ran = smartbox(&fake, &[&["user", "add", "ada", "--link"], json].concat()).end().await;
        assert!(ran.code == 4 && ran.stdout.contains(USER_ID), "{ran}");
        assert!(ran.stderr.contains("only the link is missing"), "{ran}");
    }
}

#[tokio::test]
async fn people_are_a_table_a_list_of_facts_or_json() {
    let page = |axum::extract::RawQuery(query): axum::extract::RawQuery| async move {
        if query.unwrap().contains("cursor=next") {
            let second = json!({"id": "usr_2", "org": "org_1", "name": "grace", "role": "owner",
                "status": "pending", "has_password": false, "created_at": AT});
            return Json(json!({ "items": [second] }));
        }
        Json(json!({ "items": [ada()], "next_cursor": "next" }))
    };
    let routes =
        Router::new().route("/v1/users", get(page)).route("/v1/users/{user}", get(|| async { Json(ada()) }));
    let fake = Fake::start(routes).await;
    assert_snapshot!("user_list", smartbox(&fake, &["user", "list", "--org", "acme"]).end().await);
    assert_snapshot!("user_show", smartbox(&fake, &["user", "show", "a/d a"]).end().await);
    assert_eq!(
        fake.lines(),
        [
            "GET /v1/users?limit=200&org=acme",
            "GET /v1/users?limit=200&org=acme&cursor=next",
            "GET /v1/users/a%2Fd%20a",
        ]
    );
    let list = smartbox(&fake, &["user", "list", "--json"]).end().await;
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let shown = smartbox(&fake, &["user", "show", "me", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&shown.stdout).unwrap(), ada());
}

#[tokio::test]
async fn a_change_sends_only_what_changes() {
    let routes = Router::new().route("/v1/users/{user}", patch(|| async { Json(ada()) }));
    for (words, body) in [
        (&["user", "set", "ada", "--role", "admin"][..], r#"{"role":"admin"}"#),
        (
            &["user", "set", "ada", "--role", "viewer", "--status", "frozen"],
            r#"{"role":"viewer","status":"frozen"}"#,
        ),
        (&["user", "freeze", "ada"], r#"{"status":"frozen"}"#),
        (&["user", "thaw", "ada"], r#"{"status":"active"}"#),
    ] {
        let fake = Fake::start(routes.clone()).await;
        let ran = smartbox(&fake, words).end().await;
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran}");
        assert_eq!(ran.stderr, "`ada` is active now, as operator.\n");
        assert_eq!(
            (fake.lines(), fake.seen()[0].body.as_str()),
            (vec!["PATCH /v1/users/ada".to_owned()], body)
        );
        let document = smartbox(&fake, &[words, &["--json"]].concat()).end().await;
        assert_eq!(
            (serde_json::from_str(&document.stdout).ok(), document.stderr.as_str()),
            (Some(ada()), "")
        );
    }
}

#[tokio::test]
async fn remove_asks_nobody_where_there_is_no_terminal() {
    let fake = Fake::start(Router::new().route("/v1/users/{user}", delete(no_content))).await;
    for words in [&["user", "remove", "ada", "--yes"][..], &["user", "remove", "ada"]] {
        let ran = smartbox(&fake, words).end().await;
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", "`ada` is removed.\n"));
    }
    assert_eq!(fake.lines(), ["DELETE /v1/users/ada", "DELETE /v1/users/ada"]);
}

#[tokio::test]
async fn a_password_is_read_from_standard_input_and_never_shown() {
    let routes = Router::new()
        .route("/v1/me", get(|| async { Json(me()) }))
        .route("/v1/users/ada", get(|| async { Json(ada()) }))
        .route("/v1/users/{user}/password", put(no_content));
    let mine = format!("{PASSWORD}\r\nthe one so far\n");
    for (words, stdin, body) in [
        (&["user", "password", "ada", "--stdin"][..], format!("{PASSWORD}\n"), json!({"password": PASSWORD})),
        (&["user", "password", "ada", "--stdin"], PASSWORD.to_owned(), json!({"password": PASSWORD})),
        (
            &["user", "password", "--stdin", "--json"],
            mine,
            json!({"password": PASSWORD, "current_password": "the one so far"}),
        ),
    ] {
        let fake = Fake::start(routes.clone()).await;
        let ran = smartbox(&fake, words).stdin(stdin).end().await;
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran}");
        assert!(!ran.stderr.contains(PASSWORD), "{ran}");
        let set = fake.seen().pop().unwrap();
        assert_eq!(set.line, format!("PUT /v1/users/{USER_ID}/password"));
        assert_eq!(serde_json::from_str::<Value>(&set.body).unwrap(), body);
    }
}

#[tokio::test]
async fn nothing_is_set_without_exactly_one_password() {
    let routes = Router::new()
        .route("/v1/me", get(|| async { Json(admin()) }))
        .route("/v1/users/{user}", get(|| async { Json(ada()) }));
    let fake = Fake::start(routes).await;
    for stdin in ["", "\n", "\nsecond\n", "one\ntwo\nthree\n", "x".repeat(3000).as_str()] {
        let ran = smartbox(&fake, &["user", "password", "ada", "--stdin"]).stdin(stdin).end().await;
        assert_eq!(ran.code, 2, "{ran}");
    }
    let unasked = smartbox(&fake, &["user", "password", "ada"]).stdin("secret\n").end().await;
    assert!(unasked.code == 2 && unasked.stderr.contains("--stdin"), "{unasked}");
    assert!(fake.lines().iter().all(|line| line.starts_with("GET ")), "{:?}", fake.lines());
}

#[tokio::test]
async fn whoever_is_no_person_is_asked_to_name_one() {
    let fake = Fake::start(Router::new().route("/v1/me", get(|| async { Json(admin()) }))).await;
    let ran = smartbox(&fake, &["user", "password", "--stdin"]).stdin("secret").end().await;
    assert!(ran.code == 2 && ran.stderr.contains("smartbox user password USER"), "{ran}");
}

#[test]
fn no_flag_or_variable_takes_a_password() {
    let mut command = smartbox_cli::command();
    command.build();
    let user = command.find_subcommand("user").unwrap().find_subcommand("password").unwrap();
    let own: Vec<_> =
        user.get_arguments().filter(|arg| !arg.is_global_set()).map(|arg| arg.get_id().as_str()).collect();
    assert_eq!(own, ["user", "stdin", "help"]);
    assert!(user.get_arguments().filter(|arg| !arg.is_global_set()).all(|arg| arg.get_env().is_none()));
}

#[test]
fn a_change_needs_something_to_change_and_words_that_exist() {
    for words in [
        &["user", "set", "ada"][..],
        &["user", "set", "ada", "--status", "gone"],
        &["user", "add", "ada", "--role", "king"],
        &["user", "show", ".."],
        &["user", "remove"],
    ] {
        let error = smartbox_cli::parse_from([&["smartbox"], words].concat()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{words:?}");
    }
}
