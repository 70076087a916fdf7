use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};

use secrecy::ExposeSecret as _;

use super::*;
use crate::console::Paint;

const FILE: &str =
    r#"{"url":"http://127.0.0.1:4711","pid":123,"admin_secret":"hush","version":"0.1.0","more":1}"#;

fn data_dir(text: &str, mode: u32) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(FILE_NAME);
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    dir
}

fn flags(dir: &tempfile::TempDir) -> GlobalArgs {
    GlobalArgs { data_dir: Some(dir.path().to_owned()), ..GlobalArgs::default() }
}

fn secret_of(platform: &Platform) -> Option<&str> {
    platform.token.as_ref().map(|token| token.expose_secret())
}

#[test]
fn the_running_platform_is_found_by_its_file() {
    let platform = Platform::find(&flags(&data_dir(FILE, 0o600))).unwrap();
    assert_eq!(platform.url.as_str(), "http://127.0.0.1:4711/");
    assert_eq!(secret_of(&platform), Some("hush"));
    assert_eq!(platform.written_by.as_ref().unwrap().pid, 123);
    assert!(platform.warnings.is_empty());
}

#[test]
fn without_a_file_it_is_said_how_to_start() {
    let dir = tempfile::tempdir().unwrap();
    let failure = Platform::find(&flags(&dir)).unwrap_err();
    assert_eq!(failure.exit(), Exit::Unreachable);
    let text = failure.text(Paint::new(false));
    assert!(text.contains("make run") && text.contains("smartbox up") && text.contains("--token"), "{text}");
}

#[test]
fn a_file_that_others_can_read_is_used_with_a_warning() {
    let platform = Platform::find(&flags(&data_dir(FILE, 0o644))).unwrap();
    assert!(platform.warnings[0].contains("chmod 600"), "{:?}", platform.warnings);
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let failure = Platform::find(&flags(&data_dir(FILE, 0o666))).unwrap_err();
    assert_eq!(failure.exit(), Exit::Refused);
}

#[test]
fn a_directory_that_merely_lies_there_must_be_ours() {
    if !rustix::process::geteuid().is_root() {
        return; // Only root can give a file away.
    }
    let dir = data_dir(FILE, 0o600);
    chown(dir.path().join(FILE_NAME), Some(4242), None).unwrap();
    let place = |is_chosen, sudo_uid| Place { dir: dir.path().to_owned(), is_chosen, sudo_uid };
    assert_eq!(Platform::of_file(&place(false, None)).unwrap_err().exit(), Exit::Refused);
    assert!(Platform::of_file(&place(false, Some(4242))).is_ok(), "the user behind sudo");
    assert!(Platform::of_file(&place(true, None)).is_ok(), "a directory the user named");
}

#[test]
fn a_broken_file_is_told_without_its_secret() {
    for broken in [r#"{"admin_secret":"hush""#, r#"{"url":1,"admin_secret":"hush"}"#, r#"["hush"]"#, ""] {
        let failure = Platform::find(&flags(&data_dir(broken, 0o600))).unwrap_err();
        let text = failure.text(Paint::new(false)) + &failure.json() + &format!("{failure:?}");
        assert!(!text.contains("hush"), "{text}");
        assert!(text.contains("Restart the platform"), "{text}");
    }
}

#[test]
fn the_secret_of_this_machine_goes_to_its_own_platform_only() {
    let dir = data_dir(FILE, 0o600);
    let at =
        |server: &str| Platform::find(&GlobalArgs { server: Some(server.into()), ..flags(&dir) }).unwrap();
    assert_eq!(secret_of(&at("http://127.0.0.1:4711")), Some("hush"));
    assert_eq!(secret_of(&at("http://127.0.0.1:4712")), None);
    assert_eq!(secret_of(&at("https://smartbox.example")), None);
}

#[test]
fn with_a_token_the_file_is_not_needed() {
    let dir = tempfile::tempdir().unwrap();
    let global = GlobalArgs { token: Some("sbx_1".into()), ..flags(&dir) };
    let platform = Platform::find(&global).unwrap();
    assert_eq!(platform.url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(secret_of(&platform), Some("sbx_1"));
}

#[test]
fn a_token_over_an_open_line_is_warned_about() {
    let at = |server: &str| GlobalArgs {
        server: Some(server.into()),
        token: Some("hush".into()),
        ..GlobalArgs::default()
    };
    assert!(Platform::find(&at("http://10.0.0.1:8080")).unwrap().warnings[0].contains("not encrypted"));
    for safe in ["https://smartbox.example", "http://127.0.0.2:1", "http://[::1]:1", "http://localhost:1"] {
        assert!(Platform::find(&at(safe)).unwrap().warnings.is_empty(), "{safe}");
    }
}

#[test]
fn an_address_is_http_with_a_host_and_nothing_else() {
    assert_eq!(parse_url("https://a.example/smartbox").unwrap().as_str(), "https://a.example/smartbox/");
    for bad in [
        "127.0.0.1:8080",
        "ftp://a",
        "file:///etc",
        "http://u:hush@a",
        "http://a/?x",
        "http://a/#x",
        "",
        "http://",
    ] {
        let failure = parse_url(bad).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage, "{bad}");
        assert!(!failure.text(Paint::new(false)).contains("hush"));
    }
}

#[test]
fn an_empty_variable_counts_as_none() {
    let dir = data_dir(FILE, 0o600);
    let empty = GlobalArgs { server: Some(String::new()), token: Some("".into()), ..flags(&dir) };
    let platform = Platform::find(&empty).unwrap();
    assert_eq!(secret_of(&platform), Some("hush"));
}

#[test]
fn a_platform_that_speaks_tls_says_where_it_listens_and_what_it_shows() {
    let digits = "0f".repeat(32);
    let file = |digits: &str| {
        format!(
            r#"{{"url":"https://boxes.example","pid":1,"admin_secret":"hush","connect":"127.0.0.1:443","certificate_sha256":"{digits}"}}"#
        )
    };
    let pinned = |digits: &str| Platform::find(&flags(&data_dir(&file(digits), 0o600))).unwrap().pinned;
    let expected = Pinned { connect: "127.0.0.1:443".parse().unwrap(), certificate: [15; 32] };
    assert_eq!(pinned(&digits), Some(expected));
    assert_eq!(pinned("0f"), None);
    assert_eq!(pinned(&"zz".repeat(32)), None);
    assert_eq!(Platform::find(&flags(&data_dir(FILE, 0o600))).unwrap().pinned, None);
}
