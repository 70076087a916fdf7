//! Files of a box.

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, Fake, problem};
use crate::run::smartbox;

fn file(name: &str, kind: &str) -> Value {
    json!({ "name": name, "path": format!("workspace/{name}"), "kind": kind, "bytes": 1536, "modified_at": AT, "mode": "644",
        "etag": "1-2-3" })
}

#[tokio::test]
async fn a_directory_is_listed_page_by_page() {
    let mut link = file("link", "link");
    link["target"] = "../\u{1b}[2Jaway".into();
    let first = json!({ "items": [file("notes.md", "file"), file("reports", "directory")], "next_cursor": "reports" });
    let second = json!({ "items": [link] });
    let pages = get(move |request: axum::extract::Request| async move {
        let has_cursor = request.uri().query().is_some_and(|query| query.contains("cursor"));
        Json(if has_cursor { second } else { first })
    });
    let fake = Fake::start(Router::new().route("/v1/boxes/home/files/{*path}", pages)).await;
    assert_snapshot!(smartbox(&fake, &["file", "ls", "~/workspace/", "-b", "home"]).end().await);
    assert_eq!(
        fake.lines(),
        [
            "GET /v1/boxes/home/files/workspace?limit=1000",
            "GET /v1/boxes/home/files/workspace?limit=1000&cursor=reports"
        ]
    );
}

#[tokio::test]
async fn files_are_printed_and_downloaded_under_their_names() {
    let content = get(|| async { "some content" });
    let fake = Fake::start(Router::new().route("/v1/boxes/home/files/{*path}", content)).await;
    let ran = smartbox(&fake, &["file", "cat", "-b", "home", "a", "dir/b c"]).end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "some contentsome content"));
    assert_eq!(fake.lines()[1], "GET /v1/boxes/home/files/dir/b%20c");
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("here");
    let words = ["file", "get", "-b", "home", "a", target.to_str().unwrap()];
    let ran = smartbox(&fake, &words).end().await;
    assert_eq!((ran.code, std::fs::read_to_string(&target).unwrap().as_str()), (0, "some content"), "{ran}");
    let again = smartbox(&fake, &words).end().await;
    assert_eq!(again.code, 1, "a file that is there stays: {again}");
    assert_eq!(smartbox(&fake, &["file", "get", "-b", "home", "a", "-"]).end().await.stdout, "some content");
}

#[tokio::test]
async fn a_file_is_uploaded_as_it_is_read_and_bound_to_what_was_read() {
    let put = axum::routing::put(|| async { (StatusCode::CREATED, Json(file("a", "file"))) });
    let fake = Fake::start(Router::new().route("/v1/boxes/home/files/{*path}", put)).await;
    let ran =
        smartbox(&fake, &["file", "put", "-", "workspace/a", "-b", "home"]).stdin("from a pipe").end().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "workspace/a written, 1.5 KiB.\n"));
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("local.txt");
    std::fs::write(&source, "from a file").unwrap();
    let source = source.to_str().unwrap();
    let words = ["file", "put", source, "workspace/", "-b", "home", "-p", "--if-match", "1-2-3"];
    assert_eq!(smartbox(&fake, &words).end().await.code, 0);
    assert_eq!(smartbox(&fake, &["file", "put", source, "b", "-b", "home", "--new"]).end().await.code, 0);
    let seen = fake.seen();
    assert_eq!((seen[0].body.as_str(), seen[1].body.as_str()), ("from a pipe", "from a file"));
    assert_eq!(seen[1].line, "PUT /v1/boxes/home/files/workspace/local.txt?parents=true");
    assert_eq!((seen[1].header("if-match"), seen[2].header("if-none-match")), (Some("\"1-2-3\""), Some("*")));
    for words in [&["file", "put", "-", "workspace/"][..], &["file", "put", "/no/such/file", "a"]] {
        assert_ne!(smartbox(&fake, words).end().await.code, 0, "{words:?}");
    }
    assert_eq!(fake.seen().len(), 3);
}

#[tokio::test]
async fn things_are_moved_copied_made_removed_and_found() {
    let one = || async { Json(file("b", "file")) };
    let removed = json!({ "trashed_as": ".local/share/Trash/files/1-a", "expires_at": AT });
    let found = json!({ "items": [
        { "file": file("notes.md", "file"), "line": 3, "text": "the needle\u{7}" }, { "file": file("needle", "directory") }
    ], "limit": "files" });
    let routes = Router::new()
        .route("/v1/boxes/home/files:move", post(one))
        .route("/v1/boxes/home/files:copy", post(one))
        .route("/v1/boxes/home/files:mkdir", post(one))
        .route("/v1/boxes/home/files:search", post(|| async { Json(found) }))
        .route("/v1/boxes/home/files:empty-trash", post(|| async { Json(json!({ "removed": 2 })) }))
        .route("/v1/boxes/home/files/{*path}", axum::routing::delete(|| async { Json(removed) }));
    let fake = Fake::start(routes).await;
    let run = async |words: &[&str]| {
        let ran = smartbox(&fake, &[&["file"], words, &["-b", "home"]].concat()).end().await;
        assert_eq!(ran.code, 0, "{ran}");
        ran
    };
    run(&["mv", "a", "b", "--replace", "-p"]).await;
    run(&["cp", "a", "b"]).await;
    run(&["mkdir", "-p", "x/y"]).await;
    let ran = run(&["rm", "a"]).await;
    assert_eq!(ran.stderr, "a lies in .local/share/Trash/files/1-a.\n");
    run(&["rm", "--permanent", "a"]).await;
    let ran = run(&["find", "workspace", "--content", "needle"]).await;
    assert_eq!(ran.stdout, "workspace/notes.md:3:the needle \nworkspace/needle\n");
    assert!(ran.stderr.contains("not all: the search ended at its limit of files"), "{ran}");
    let ran = run(&["empty-trash"]).await;
    assert_eq!(ran.stderr, "The trash is empty; 2 removed.\n");
    let seen = fake.seen();
    let body = |index: usize| serde_json::from_str::<Value>(&seen[index].body).unwrap();
    assert_eq!(body(0), json!({ "from": "a", "to": "b", "replace": true, "parents": true }));
    assert_eq!(body(2), json!({ "path": "x/y", "parents": true }));
    assert_eq!(body(5), json!({ "path": "workspace", "content": "needle" }));
    assert_eq!(seen[4].line, "DELETE /v1/boxes/home/files/a?permanent=true");
}

#[tokio::test]
async fn what_leads_elsewhere_is_refused_before_anything_is_sent() {
    for words in
        [&["cat", "../x"][..], &["cat", "/etc/passwd"], &["ls", "a/../b"], &["mv", "a", "b//c"], &["find"]]
    {
        let words = ["smartbox", "file"].iter().chain(words);
        assert!(smartbox_cli::parse_from(words.clone()).is_err(), "{:?}", words.collect::<Vec<_>>());
    }
    let fake = Fake::start(Router::new()).await;
    assert_eq!(smartbox(&fake, &["file", "put", "-", "../x"]).end().await.code, 2);
    assert!(fake.lines().is_empty());
}

#[tokio::test]
async fn a_refusal_is_told_with_its_remedy() {
    let refuse = get(|| async {
        problem(
            json!({ "type": "", "status": 404, "code": "file-not-found", "title": "The box has no such file", "remedy": "Look." }),
        )
    });
    let fake = Fake::start(Router::new().route("/v1/boxes/home/files/{*path}", refuse)).await;
    let ran = smartbox(&fake, &["file", "cat", "a", "-b", "home"]).end().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (3, "error: The box has no such file\nhelp: Look.\n"));
}
