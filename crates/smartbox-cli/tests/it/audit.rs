//! The audit log: export and verification. Every fault of a chain is in the tests beside the checker.

use axum::extract::RawQuery;
use axum::routing::get;
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::run::{Ran, smartbox};

/// A log whose hashes were made by another program, from the words of the contract alone:
/// `sha256(previous_hash + "\n" + json.dumps([...], separators=(",", ":"), ensure_ascii=False))` of Python.
const LOG: &str = include_str!("audit.jsonl");
/// The same with line 4 changed, and its hash made anew by the same program.
const HASHED_ANEW: &str = include_str!("audit-hashed-anew.jsonl");

fn lines() -> Vec<Value> {
    LOG.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A platform that gives these lines, two a page.
async fn platform(lines: Vec<Value>, me: Value) -> Fake {
    let page = |RawQuery(query): RawQuery| async move {
        let query = query.unwrap();
        let from = query.split('&').find_map(|pair| pair.strip_prefix("cursor=")).unwrap_or("0");
        let from: usize = from.parse().unwrap();
        let to = (from + 2).min(lines.len());
        let mut page = json!({ "items": lines[from..to] });
        if to < lines.len() {
            page["next_cursor"] = to.to_string().into();
        }
        Json(page)
    };
    let routes = Router::new().route("/v1/audit", get(page)).route("/v1/me", get(|| async { Json(me) }));
    Fake::start(routes).await
}

fn admin() -> Value {
    json!({"id": "admin", "permissions": ["audit:read"], "is_paired": true})
}

/// Verifies a file; no platform is there.
async fn verify(text: &str, flags: &[&str]) -> Ran {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let mut fake = Fake::start(Router::new()).await;
    fake.url = "http://127.0.0.1:9".into();
    let words = [&["audit", "verify", file.path().to_str().unwrap()], flags].concat();
    smartbox(&fake, &words).end().await
}

#[tokio::test]
async fn an_export_is_every_line_of_every_page() {
    let fake = platform(lines(), admin()).await;
    let ran = smartbox(&fake, &["audit", "export", "--org", "acme"]).end().await;
    let exported: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((ran.code, exported), (0, lines()));
    let pages = ["", "cursor=2&", "cursor=4&"];
    assert_eq!(fake.lines(), pages.map(|cursor| format!("GET /v1/audit?limit=200&{cursor}org=acme")));
    assert!(ran.stderr.starts_with("6 lines."), "{ran}");
    let quiet = smartbox(&fake, &["audit", "export", "--json"]).end().await;
    assert_eq!((quiet.stdout == ran.stdout, quiet.stderr.as_str()), (true, ""));
    assert_eq!(verify(&ran.stdout, &[]).await.code, 0);
}

#[tokio::test]
async fn a_log_that_does_not_come_on_is_given_up() {
    for page in [json!({"items": [], "next_cursor": "1"}), json!({"items": lines()[..1], "next_cursor": "1"})]
    {
        let fake = Fake::start(Router::new().route("/v1/audit", get(|| async { Json(page) }))).await;
        let ran = smartbox(&fake, &["audit", "export"]).end().await;
        assert!(ran.code == 1 && fake.lines().len() <= 2, "{ran}");
    }
}

#[tokio::test]
async fn a_log_of_another_program_is_verified_from_a_file_a_pipe_and_a_platform() {
    let of_file = verify(LOG, &[]).await;
    assert_snapshot!("verified", of_file);
    let fake = platform(lines(), admin()).await;
    let piped = smartbox(&fake, &["audit", "verify", "-"]).stdin(LOG).end().await;
    assert_eq!(piped.to_string(), of_file.to_string());
    assert!(fake.lines().is_empty(), "a file needs no platform");
    let asked = smartbox(&fake, &["audit", "verify"]).end().await;
    assert_eq!(asked.to_string(), of_file.to_string());
    let document = smartbox(&fake, &["audit", "verify", "--json"]).end().await;
    assert_snapshot!("verified_json", document);
}

#[tokio::test]
async fn every_kind_of_tampering_names_its_line() {
    let mut changed = lines();
    changed[3]["actor"] = "nobody".into();
    let mut removed = lines();
    removed.remove(3);
    let mut swapped = lines();
    swapped.swap(3, 4);
    let mut bare = lines();
    bare[4]["hash"] = "".into();
    let mut told = String::new();
    for tampered in [text(&changed), text(&removed), text(&swapped), text(&bare), HASHED_ANEW.to_owned()] {
        let ran = verify(&tampered, &[]).await;
        assert_eq!(ran.code, 1, "{ran}");
        told += &format!("{ran}\n");
    }
    assert_snapshot!(told);
    let fake = platform(changed, admin()).await;
    let asked = smartbox(&fake, &["audit", "verify", "--json"]).end().await;
    let told: Value = serde_json::from_str(&asked.stderr).unwrap();
    let title = told["problem"]["title"].as_str();
    assert_eq!((asked.code, title), (1, Some("The audit log is wrong at line 4.")));
}

#[tokio::test]
async fn of_an_orgs_part_only_gaps_are_not_judged() {
    let mut part: Vec<Value> = lines().into_iter().filter(|line| line["org"] == "org_1").collect();
    let whole = verify(&text(&part), &[]).await;
    assert!(whole.code == 1 && whole.stderr.contains("--partial"), "{whole}");
    let partial = verify(&text(&part), &["--partial"]).await;
    assert!(partial.code == 0 && partial.stderr.contains("gaps cannot be judged"), "{partial}");

    let member = json!({"id": "usr_1", "org": "org_1", "permissions": ["audit:read"], "is_paired": true});
    let fake = platform(part.clone(), member).await;
    let asked = smartbox(&fake, &["audit", "verify"]).end().await;
    assert_eq!(asked.to_string(), partial.to_string());
    let fake = platform(part.clone(), admin()).await;
    let asked = smartbox(&fake, &["audit", "verify", "--org", "acme"]).end().await;
    assert_eq!(asked.to_string(), partial.to_string());
    assert!(fake.lines().iter().all(|line| line.ends_with("org=acme")), "{:?}", fake.lines());

    part[1]["outcome"] = "refused".into();
    assert_eq!(verify(&text(&part), &["--partial"]).await.code, 1);
}

#[tokio::test]
async fn what_could_not_be_checked_does_not_pass() {
    let mut bare = lines();
    bare.iter_mut().for_each(|line| line["hash"] = "".into());
    let cut = &LOG[..LOG.len() - 20];
    for (text, said) in [
        ("", "The audit log has no line."),
        (text(&bare).as_str(), "Nothing could be checked"),
        (cut, "Line 6 of the file is no line of an audit log."),
        ("hello\n", "Line 1 of the file is no line of an audit log."),
        ("\u{0}\u{1}", "Line 1 of the file"),
    ] {
        let ran = verify(text, &[]).await;
        assert!(ran.code == 1 && ran.stdout.is_empty() && ran.stderr.contains(said), "{ran}");
    }
    let fake = Fake::start(Router::new()).await;
    let ran = smartbox(&fake, &["audit", "verify", "/nowhere/at/all"]).end().await;
    assert_eq!(ran.code, 2, "{ran}");
}
