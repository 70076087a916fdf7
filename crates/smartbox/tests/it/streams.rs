//! Standard streams, colours, and what other users of the machine can see.

use std::process::Stdio;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::fake::{self, Fake};
use crate::program::{LIMIT, SECRET, end, end_of, smartbox, smartbox_of, write_platform_file};

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let lines: String = (0..100_000).map(|n| format!("id: {n}\ndata: line {n}\n\n")).collect();
    let stream = get(move || async move { fake::open_stream(lines) });
    let fake = Fake::start(Router::new().route("/v1/boxes/default/logs", stream)).await;
    let mut child = smartbox_of(&fake, &["logs"]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    timeout(LIMIT, stdout.read_line(&mut first)).await.unwrap().unwrap();
    drop(stdout);
    let ran = end_of(child).await;
    assert_eq!((first.as_str(), ran.code, ran.stderr.as_str()), ("line 0\n", 0, ""));
}

#[tokio::test]
async fn an_export_whose_reader_goes_away_ends_quietly() {
    use serde_json::json;
    // A log without an end: it is over when the reader has had enough.
    let page = |query: axum::extract::RawQuery| async move {
        let query = query.0.unwrap();
        let page: i64 = query.rsplit_once("cursor=").map_or(0, |(_, page)| page.parse().unwrap());
        let line = |n: i64| {
            json!({"seq": 200 * page + n, "id": "evt_1", "at_ms": 0, "actor": "admin", "action": "box.created",
                "reason": "", "detail": "{}", "outcome": "ok", "previous_hash": "", "hash": ""})
        };
        let items: Vec<_> = (1..=200).map(line).collect();
        axum::Json(json!({ "items": items, "next_cursor": (page + 1).to_string() }))
    };
    let fake = Fake::start(Router::new().route("/v1/audit", get(page))).await;
    let mut child = smartbox_of(&fake, &["audit", "export"]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    timeout(LIMIT, stdout.read_line(&mut first)).await.unwrap().unwrap();
    drop(stdout);
    let ran = end_of(child).await;
    assert!(first.starts_with(r#"{"seq":1,"#), "{first}");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[tokio::test]
async fn pipes_get_bytes_as_they_are_and_no_colours() {
    let stream =
        get(|| async { fake::open_stream("data: \x1b[31mred\x1b]0;title\x07\n\nevent: end\n\n".into()) });
    let routes = Router::new()
        .route("/v1/boxes/default/logs", stream)
        .route("/v1/boxes/default", get(|| async { axum::Json(fake::smartbox()) }));
    let fake = Fake::start(routes).await;
    assert_eq!(end(smartbox_of(&fake, &["logs"])).await.stdout, "\x1b[31mred\x1b]0;title\x07\n");
    let shown = end(smartbox_of(&fake, &["box", "show"])).await;
    assert!(!(shown.stdout + &shown.stderr).contains('\x1b'));
}

#[tokio::test]
async fn a_whole_file_passes_through_a_command_unchanged() {
    let (routes, mut hears, says) = fake::exec();
    let fake = Fake::start(routes).await;
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes).unwrap();
    let output = tempfile::NamedTempFile::new().unwrap();
    let mut command = smartbox_of(&fake, &["exec", "--", "cat"]);
    command.stdin(Stdio::from(file.reopen().unwrap())).stdout(Stdio::from(output.reopen().unwrap()));
    let child = command.spawn().unwrap();
    assert_eq!(hears.recv().await.unwrap().0, b't');
    loop {
        let (channel, payload) = timeout(LIMIT, hears.recv()).await.unwrap().unwrap();
        assert_eq!(channel, 0);
        if payload.is_empty() {
            break;
        }
        says.send((1, payload)).await.unwrap();
    }
    says.send(fake::ended(0)).await.unwrap();
    assert_eq!(end_of(child).await.code, 0);
    assert!(std::fs::read(output.path()).unwrap() == bytes);
}

#[tokio::test]
async fn the_secret_of_the_platform_file_is_in_no_process_list() {
    let (told, mut hears) = mpsc::channel(1);
    let stream = get(move || async move {
        told.send(()).await.unwrap();
        fake::open_stream(": wait\n\n".into())
    });
    let fake = Fake::start(Router::new().route("/v1/boxes/default/logs", stream)).await;
    let dir = tempfile::tempdir().unwrap();
    write_platform_file(dir.path(), &fake.url, 1);
    let words = ["logs", "-f", "--data-dir", dir.path().to_str().unwrap()];
    let child = smartbox(&words).spawn().unwrap();
    timeout(LIMIT, hears.recv()).await.unwrap().unwrap();
    let of_process = |file: &str| std::fs::read(format!("/proc/{}/{file}", child.id().unwrap())).unwrap();
    for file in ["cmdline", "environ"] {
        let text = String::from_utf8_lossy(&of_process(file)).into_owned();
        assert!(!text.contains(SECRET), "{file}");
    }
}
