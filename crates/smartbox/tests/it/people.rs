//! Passwords, tokens and questions about people: what the terminal shows, and what others of the machine can see.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use rustix::process::Signal;
use rustix::termios::{LocalModes, SpecialCodeIndex};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::fake::Fake;
use crate::program::{end, end_of, signal, smartbox_of};
use crate::terminal::Terminal;

const PASSWORD: &str = "correct horse battery staple";
const OLD_PASSWORD: &str = "the one so far";

/// What arrived: request line and body.
type Seen = Arc<Mutex<Vec<(String, String)>>>;

fn ada() -> Value {
    json!({ "id": "usr_1", "org": "org_1", "name": "ada", "role": "owner", "status": "active",
        "has_password": true, "created_at": "2026-11-21T07:51:02Z" })
}

/// A platform with one person; `me` is who asks.
async fn platform(me: &str) -> (Fake, Seen) {
    let seen = Seen::default();
    let note = |what: &'static str| {
        let seen = Arc::clone(&seen);
        move |body: String| async move {
            seen.lock().unwrap().push((what.to_owned(), body));
            StatusCode::NO_CONTENT
        }
    };
    let me = json!({"id": me, "permissions": [], "is_paired": true, "user": (me != "admin").then(ada)});
    let routes = Router::new()
        .route("/v1/me", get(|| async { Json(me) }))
        .route("/v1/users/{user}", get(|| async { Json(ada()) }).delete(note("remove")))
        .route("/v1/users/{user}/password", axum::routing::put(note("password")));
    (Fake::start(routes).await, seen)
}

fn bodies(seen: &Seen) -> Vec<Value> {
    seen.lock().unwrap().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
}

fn echoes(terminal: &Terminal) -> bool {
    terminal.modes().local_modes.contains(LocalModes::ECHO)
}

#[tokio::test]
async fn a_password_is_asked_for_twice_and_not_shown() {
    let (fake, seen) = platform("admin").await;
    let mut terminal = Terminal::open(&fake, &["user", "password", "ada"], &[]);
    let before = terminal.modes();
    terminal.until("New password of ada: ").await;
    assert!(!echoes(&terminal));
    assert_eq!(
        terminal.modes().special_codes[SpecialCodeIndex::VSUSP],
        0,
        "Ctrl-Z leaves no silent terminal"
    );
    terminal.type_in(format!("{PASSWORD}\r").as_bytes()).await;
    terminal.until("The same once more: ").await;
    terminal.type_in(format!("{PASSWORD}\r").as_bytes()).await;
    terminal.until("The password of `ada` is set.").await;
    assert!(terminal.end().await.success());
    assert!(!terminal.seen.contains("horse"), "{:?}", terminal.seen);
    assert_eq!(bodies(&seen), [json!({ "password": PASSWORD })]);
    assert_eq!(format!("{:?}", terminal.modes()), format!("{before:?}"), "the terminal is as it was");
}

#[tokio::test]
async fn to_change_ones_own_the_one_so_far_is_asked_for_first() {
    let (fake, seen) = platform("usr_1").await;
    let mut terminal = Terminal::open(&fake, &["user", "password"], &[]);
    for (question, answer) in [
        ("Your password so far: ", OLD_PASSWORD),
        ("New password of ada: ", PASSWORD),
        ("The same once more: ", PASSWORD),
    ] {
        terminal.until(question).await;
        terminal.type_in(format!("{answer}\r").as_bytes()).await;
    }
    terminal.until("The password of `ada` is set.").await;
    assert!(!terminal.seen.contains(OLD_PASSWORD) && !terminal.seen.contains(PASSWORD));
    assert_eq!(bodies(&seen), [json!({ "password": PASSWORD, "current_password": OLD_PASSWORD })]);
}

#[tokio::test]
async fn without_two_equal_answers_nothing_is_set_and_the_terminal_is_given_back() {
    /// Ways to leave the second question, what is said, and the exit code.
    const WAYS: [(&[u8], &str, i32); 4] = [
        (b"another\r", "The two passwords differ.", 2),
        (b"\r", "No password was given.", 2),
        (b"\x04", "No password was given.", 2),
        (b"\x03", "Nothing was changed.", 130),
    ];
    for (keys, said, code) in WAYS {
        let (fake, seen) = platform("admin").await;
        let mut terminal = Terminal::open(&fake, &["user", "password", "ada"], &[]);
        terminal.until("New password of ada: ").await;
        terminal.type_in(format!("{PASSWORD}\r").as_bytes()).await;
        terminal.until("The same once more: ").await;
        terminal.type_in(keys).await;
        terminal.until(said).await;
        assert_eq!(terminal.end().await.code(), Some(code), "{said}");
        assert!(echoes(&terminal) && bodies(&seen).is_empty(), "{said}");
    }
    let (fake, _) = platform("admin").await;
    let mut terminal = Terminal::open(&fake, &["user", "password", "ada"], &[]);
    terminal.until("New password of ada: ").await;
    signal(&terminal.child, Signal::TERM);
    assert_eq!(terminal.end().await.code(), Some(143));
    assert!(echoes(&terminal));
}

#[tokio::test]
async fn a_removal_asks_and_believes_only_a_yes() {
    for (answer, is_removed) in [("\r", false), ("n\r", false), ("y\r", true), ("YES\r", true)] {
        let (fake, seen) = platform("admin").await;
        let mut terminal = Terminal::open(&fake, &["user", "remove", "ada"], &[]);
        terminal.until("Remove `ada` (owner, usr_1)? It cannot be undone. [y/N] ").await;
        terminal.type_in(answer.as_bytes()).await;
        terminal.until(if is_removed { "is removed" } else { "Nobody was removed." }).await;
        assert_eq!(terminal.end().await.code(), Some(i32::from(!is_removed)), "{answer:?}");
        assert_eq!(seen.lock().unwrap().len(), usize::from(is_removed), "{answer:?}");
    }
}

#[tokio::test]
async fn a_password_from_a_pipe_is_in_no_process_list_and_no_output() {
    let (looks, looked) = tokio::sync::oneshot::channel::<()>();
    let looked = Arc::new(tokio::sync::Mutex::new(Some(looked)));
    let (told, mut hears) = tokio::sync::mpsc::channel(1);
    // Answers only after the test has looked at the process, which holds the password by then.
    let set = axum::routing::put(move |body: String| async move {
        told.send(body).await.unwrap();
        let looked = looked.lock().await.take().unwrap();
        looked.await.unwrap();
        StatusCode::NO_CONTENT
    });
    let me = json!({"id": "admin", "permissions": [], "is_paired": true});
    let routes = Router::new()
        .route("/v1/me", get(|| async { Json(me) }))
        .route("/v1/users/{user}", get(|| async { Json(ada()) }))
        .route("/v1/users/{user}/password", set);
    let fake = Fake::start(routes).await;
    let mut command = smartbox_of(&fake, &["user", "password", "ada", "--stdin"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await.unwrap();
    drop(stdin);
    let body = tokio::time::timeout(crate::program::LIMIT, hears.recv()).await.unwrap().unwrap();
    assert!(body.contains(PASSWORD));
    for file in ["cmdline", "environ"] {
        let text = std::fs::read(format!("/proc/{}/{file}", child.id().unwrap())).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains(PASSWORD), "{file}");
    }
    looks.send(()).unwrap();
    let ran = end_of(child).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(!ran.stderr.contains(PASSWORD), "{ran:?}");
}

#[tokio::test]
async fn a_new_token_is_on_standard_output_alone() {
    let created = json!({"secret": "sbx_the-token", "token": {"id": "tok_1", "org": "org_1", "name": "ci",
        "scopes": ["boxes:read"], "created_by": "admin", "created_at": "2026-11-21T07:51:02Z",
        "expires_at": "2027-02-19T07:51:02Z"}});
    let fake = Fake::start(Router::new().route("/v1/tokens", post(|| async { Json(created) }))).await;
    let ran = end(smartbox_of(&fake, &["token", "create", "ci", "--scope", "boxes:read"])).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "sbx_the-token\n"));
    assert!(ran.stderr.contains("the only time it is shown") && !ran.stderr.contains("sbx_"), "{ran:?}");
}
