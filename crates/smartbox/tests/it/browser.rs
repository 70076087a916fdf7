//! `smartbox open`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;
use tokio::process::Command;

use crate::fake::Fake;
use crate::program::{end, smartbox_of};

/// A platform that gives links.
async fn platform() -> Fake {
    let link = json!({"path": "/sign-in#the-code", "url": "", "expires_at": "2026-11-21T07:51:02Z"});
    Fake::start(Router::new().route("/v1/sign-in-links", post(move || async move { Json(link) }))).await
}

/// `smartbox open` on a desktop whose opener is this script.
fn on_a_desktop(fake: &Fake, dir: &Path, script: &str) -> Command {
    let opener = dir.join("xdg-open");
    std::fs::write(&opener, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = smartbox_of(fake, &["open"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", dir.display()));
    command.env("DISPLAY", ":0").env("XDG_RUNTIME_DIR", dir).env("OUT", dir);
    command
}

#[tokio::test]
async fn the_browser_gets_a_private_page_and_no_command_line_the_link() {
    let fake = platform().await;
    let dir = tempfile::tempdir().unwrap();
    let script = r#"printf '%s' "$*" > "$OUT/arguments"; stat -c %a "$1" > "$OUT/mode"; cp "$1" "$OUT/page""#;
    let ran = end(on_a_desktop(&fake, dir.path(), script)).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stderr.contains("Opened in the browser"), "{ran:?}");
    let written = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert!(!written("arguments").contains("the-code"), "{}", written("arguments"));
    assert!(
        written("page").contains(&format!("content=\"0;url={}/sign-in#the-code\"", fake.url)),
        "{}",
        written("page")
    );
    assert_eq!(written("mode"), "600\n");
}

#[tokio::test]
async fn without_a_browser_the_link_is_printed() {
    let fake = platform().await;
    let link = format!("{}/sign-in#the-code\n", fake.url);
    let dir = tempfile::tempdir().unwrap();
    let failing = end(on_a_desktop(&fake, dir.path(), "exit 3")).await;
    assert_eq!((failing.code, failing.stdout.as_str()), (0, link.as_str()));
    let headless = end(smartbox_of(&fake, &["open"])).await;
    assert_eq!((headless.code, headless.stdout.as_str()), (0, link.as_str()));
}

#[tokio::test]
async fn an_opener_that_stays_does_not_hold_us() {
    let fake = platform().await;
    let dir = tempfile::tempdir().unwrap();
    let script = r#"echo $$ > "$OUT/pid"; exec sleep 60"#;
    let ran = end(on_a_desktop(&fake, dir.path(), script)).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let pid: i32 = std::fs::read_to_string(dir.path().join("pid")).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
