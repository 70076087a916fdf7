//! How the program finds the platform of its machine.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};

use crate::fake::{self, Fake};
use crate::program::{PROGRAM, SECRET, end, smartbox, write_platform_file};

/// A platform that keeps the admin secret it was shown.
async fn platform() -> (Fake, Arc<Mutex<Option<String>>>) {
    let shown = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&shown);
    let show = get(move |headers: HeaderMap| async move {
        *keep.lock().unwrap() =
            headers.get("x-admin-secret").map(|secret| secret.to_str().unwrap().to_owned());
        Json(fake::smartbox())
    });
    (Fake::start(Router::new().route("/v1/boxes/default", show)).await, shown)
}

#[tokio::test]
async fn the_platform_of_a_checkout_is_found_from_within_it() {
    let (fake, shown) = platform().await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join(".smartbox")).unwrap();
    write_platform_file(&dir.path().join(".smartbox"), &fake.url, 1);
    let mut command = smartbox(&["box", "show"]);
    command.current_dir(dir.path());
    let ran = end(command).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(shown.lock().unwrap().as_deref(), Some(SECRET));
}

#[tokio::test]
async fn the_data_directory_can_be_named_by_flag_and_by_variable() {
    let (fake, _) = platform().await;
    let dir = tempfile::tempdir().unwrap();
    write_platform_file(dir.path(), &fake.url, 1);
    let mut by_variable = smartbox(&["box", "show"]);
    by_variable.env("SMARTBOX_DATA_DIR", dir.path());
    assert_eq!(end(by_variable).await.code, 0);
    let by_flag = smartbox(&["--data-dir", dir.path().to_str().unwrap(), "box", "show"]);
    assert_eq!(end(by_flag).await.code, 0);
}

#[tokio::test]
async fn where_nothing_runs_it_is_said_how_to_start() {
    let dir = tempfile::tempdir().unwrap();
    let ran = end(smartbox(&["box", "list", "--data-dir", dir.path().to_str().unwrap()])).await;
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.starts_with("error: No platform runs here.\n"), "{ran:?}");
    assert!(ran.stderr.contains("make run") && ran.stderr.contains("smartbox up"), "{ran:?}");
}

#[tokio::test]
async fn a_file_left_by_a_platform_that_was_killed_is_seen_through() {
    let dir = tempfile::tempdir().unwrap();
    // Linux gives no process an id above 4,194,304 (PID_MAX_LIMIT), and nothing serves port 9 here.
    write_platform_file(dir.path(), "http://127.0.0.1:9", 4_194_305);
    let ran = end(smartbox(&["box", "list", "--data-dir", dir.path().to_str().unwrap()])).await;
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("Process 4194305, which wrote this address"), "{ran:?}");
    assert!(ran.stderr.contains("has ended."), "{ran:?}");
}

#[tokio::test]
async fn a_file_of_root_asks_for_sudo_or_a_token() {
    let dir = tempfile::tempdir().unwrap();
    write_platform_file(dir.path(), "http://127.0.0.1:9", 1);
    let mut command = smartbox(&["box", "list", "--data-dir", dir.path().to_str().unwrap()]);
    if rustix::process::geteuid().is_root() {
        // As somebody else, with a copy of the program where that user may run it.
        let program = dir.path().join("smartbox");
        std::fs::copy(PROGRAM, &program).unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let words: Vec<_> = command.as_std().get_args().map(ToOwned::to_owned).collect();
        command = tokio::process::Command::new(program);
        command.args(words).env_clear().uid(65534).gid(65534);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    } else {
        let file = dir.path().join("platform.json");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o000)).unwrap();
    }
    let ran = end(command).await;
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("sudo") && ran.stderr.contains("SMARTBOX_TOKEN"), "{ran:?}");
}

#[tokio::test]
async fn help_version_and_mistakes_have_their_codes() {
    let help = end(smartbox(&["help", "exit-codes"])).await;
    assert!(
        help.code == 0 && help.stdout.contains("no platform answers") && help.stderr.is_empty(),
        "{help:?}"
    );
    let version = end(smartbox(&["--version"])).await;
    assert_eq!((version.code, version.stdout), (0, format!("smartbox {}\n", env!("CARGO_PKG_VERSION"))));
    let mistake = end(smartbox(&["box", "dance"])).await;
    assert_eq!((mistake.code, mistake.stdout.as_str()), (2, ""));
}
