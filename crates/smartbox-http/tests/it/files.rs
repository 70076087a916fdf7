//! Files of boxes, on real directories.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use axum::body::Body;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{FileBatchResults, FileList, FileSearchResult, FileView, RemovedFile, TrashEmptied};
use smartbox_testkit::{Answer, Client, TestApp, id_of};

/// A platform with a box that runs, and where its home lies.
async fn begun() -> (TestApp, Client, PathBuf) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let home = app.running_box(&client, "home").await;
    let dir = app.provider.home_of(id_of(&home));
    fs::create_dir(dir.join("workspace")).unwrap();
    (app, client, dir)
}

const FILES: &str = "/v1/boxes/home/files";

async fn put(client: &Client, path: &str, content: impl Into<Body>) -> Answer {
    client.send(client.request(Method::PUT, &format!("{FILES}/{path}"), content)).await
}

async fn get(client: &Client, path: &str) -> Answer {
    client.get(&format!("{FILES}/{path}")).await
}

fn with(client: &Client, name: HeaderName, value: &str) -> Client {
    client.clone().with(name, value)
}

#[tokio::test]
async fn a_file_is_written_read_listed_and_told() {
    let (app, client, dir) = begun().await;
    let made: FileView = put(&client, "workspace/n%C3%B6tes.md", "hello").await.json(StatusCode::CREATED);
    assert_eq!((made.name.as_str(), made.path.as_str()), ("nötes.md", "workspace/n%C3%B6tes.md"));
    assert_eq!((made.kind.as_str(), made.bytes, made.mode.as_str()), ("file", 5, "644"));
    assert_eq!(fs::read_to_string(dir.join("workspace/nötes.md")).unwrap(), "hello");
    let answer = put(&client, &made.path, "hello again").await;
    let replaced: FileView = answer.json(StatusCode::OK);
    assert_eq!(answer.header("etag"), format!("\"{}\"", replaced.etag));

    let read = get(&client, &made.path).await;
    assert_eq!((read.status, read.text().as_str()), (StatusCode::OK, "hello again"));
    assert_eq!(read.header("content-type"), "application/octet-stream");
    assert_eq!((read.header("content-length"), read.header("accept-ranges")), ("11", "bytes"));
    assert_eq!(
        (read.header("x-content-type-options"), read.header("content-disposition")),
        ("nosniff", "attachment")
    );
    let told: FileView = get(&client, &format!("{}?stat=true", made.path)).await.json(StatusCode::OK);
    assert_eq!(told, replaced);
    let listed: FileList = get(&client, "workspace").await.json(StatusCode::OK);
    assert_eq!(listed.items, [replaced]);
    let home: FileList = client.get(FILES).await.json(StatusCode::OK);
    assert!(home.items.iter().any(|file| file.path == "workspace" && file.kind == "directory"));
    let timeline = client.get("/v1/boxes/home/timeline").await.text();
    assert!(timeline.contains("box.file-written") && timeline.contains("nötes.md"), "{timeline}");
    drop(app);
}

#[tokio::test]
async fn a_box_that_sleeps_or_is_stopped_is_not_woken() {
    let (app, client, _dir) = begun().await;
    put(&client, "workspace/a", "a").await;
    client.post_json("/v1/boxes/home/sleep", &json!({ "tier": "frozen" })).await;
    app.settle().await;
    assert_eq!(get(&client, "workspace/a").await.text(), "a");
    assert_eq!(put(&client, "workspace/b", "b").await.status, StatusCode::CREATED);
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    assert_eq!(get(&client, "workspace/b").await.text(), "b");
    assert_eq!(put(&client, "workspace/c", "c").await.status, StatusCode::CREATED);
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "stopped");
    client.delete("/v1/boxes/home").await;
    app.settle().await;
    assert_eq!(get(&client, "workspace/c").await.problem().code, "box-deleted");
}

#[tokio::test]
async fn a_box_without_a_disk_says_so() {
    let (app, client, _dir) = begun().await;
    client.post_json("/v1/boxes", &json!({ "name": "new", "start": false })).await;
    app.settle().await;
    let problem = client.get("/v1/boxes/new/files").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (409, "conflict"));
    assert!(problem.detail.unwrap().contains("never started"));
}

#[tokio::test]
async fn who_only_looks_at_boxes_sees_no_file_and_neither_does_another_org() {
    let (app, client, _dir) = begun().await;
    put(&client, "workspace/a", "secret").await;
    let org = app.first_org().await.to_string();
    let (_, viewer) = app.member(&org, "vera", "viewer").await;
    let (_, operator) = app.member(&org, "otto", "operator").await;
    assert_eq!(get(&viewer, "workspace/a").await.problem().code, "missing-permission");
    assert_eq!(viewer.get(FILES).await.problem().status, 403);
    assert_eq!(get(&operator, "workspace/a").await.text(), "secret");
    let stranger = app.tenant("acme").await.client;
    for answer in [
        get(&stranger, "workspace/a").await,
        put(&stranger, "workspace/a", "x").await,
        stranger.get(FILES).await,
    ] {
        assert_eq!(answer.problem().code, "box-not-found");
    }
    assert_eq!(get(&client, "workspace/a").await.text(), "secret");
}

#[tokio::test]
async fn paths_that_lead_elsewhere_are_refused_in_every_form() {
    let (_app, client, dir) = begun().await;
    put(&client, "workspace/a", "a").await;
    let outside = dir.parent().unwrap().join("outside");
    fs::write(&outside, "outside").unwrap();
    let long = "n".repeat(256);
    for path in [
        "..",
        "../outside",
        "workspace/../../outside",
        "%2e%2e/outside",
        "%2E%2E%2foutside",
        "..%2foutside",
        "workspace/..",
        "./a",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "workspace//a",
        "a%00b",
        "a%",
        "a%zz",
        &long,
        &"a/".repeat(65),
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let request = client.request(method.clone(), &format!("{FILES}/{path}"), "x");
            let problem = client.send(request).await.problem();
            assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "path"), "{method} {path}");
        }
    }
    for path in ["..", "/etc/passwd", "workspace/../../outside", "a\0b", "a//b"] {
        let body = json!({ "from": path, "to": "stolen" });
        let problem = client.post_json(&format!("{FILES}:move"), &body).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "from"), "{path:?}");
        let body = json!({ "from": "workspace/a", "to": path });
        let problem = client.post_json(&format!("{FILES}:copy"), &body).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "to"), "{path:?}");
        let problem = client.post_json(&format!("{FILES}:mkdir"), &json!({ "path": path })).await.problem();
        assert_eq!(problem.status, 422, "{path:?}");
    }
    // Links are shown and not followed.
    symlink(&outside, dir.join("workspace/link")).unwrap();
    symlink("..", dir.join("workspace/up")).unwrap();
    for path in ["workspace/link", "workspace/up/outside", "workspace/up/up/outside"] {
        let problem = get(&client, path).await.problem();
        assert!([404, 409].contains(&problem.status), "{path}: {problem:?}");
        assert!([404, 409].contains(&put(&client, path, "x").await.status.as_u16()), "{path}");
    }
    let told: FileView = get(&client, "workspace/link?stat=true").await.json(StatusCode::OK);
    assert_eq!(told.kind, "link");
    assert_eq!(fs::read_to_string(&outside).unwrap(), "outside");
}

#[tokio::test]
async fn names_that_are_no_text_are_reached_as_they_are_listed() {
    use std::os::unix::ffi::OsStringExt;
    let (_app, client, dir) = begun().await;
    let name = std::ffi::OsString::from_vec(b"odd\xff? %name".to_vec());
    fs::write(dir.join("workspace").join(name), "odd").unwrap();
    let listed: FileList = get(&client, "workspace").await.json(StatusCode::OK);
    let file = &listed.items[0];
    assert_eq!(
        (file.name.as_str(), file.path.as_str()),
        ("odd\u{fffd}? %name", "workspace/odd%FF%3F%20%25name")
    );
    assert_eq!(get(&client, &file.path).await.text(), "odd");
}

#[tokio::test]
async fn parts_of_a_file_are_read() {
    let (_app, client, _dir) = begun().await;
    let view: FileView = put(&client, "a", "0123456789").await.json(StatusCode::CREATED);
    let part = async |range: &str| get(&with(&client, RANGE, range), "a").await;
    for (range, text, told) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
    ] {
        let answer = part(range).await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::PARTIAL_CONTENT, text));
        assert_eq!(
            (answer.header("content-range"), answer.header("content-length")),
            (told, &*text.len().to_string())
        );
    }
    let beyond = part("bytes=10-").await;
    assert_eq!(
        (beyond.problem().code.as_str(), beyond.header("content-range")),
        ("range-not-satisfiable", "bytes */10")
    );
    let stale = with(&with(&client, RANGE, "bytes=0-3"), IF_RANGE, "\"another\"");
    assert_eq!(get(&stale, "a").await.text(), "0123456789");
    let known = with(&client, IF_NONE_MATCH, &format!("\"{}\"", view.etag));
    let answer = get(&known, "a").await;
    assert_eq!((answer.status, answer.text().as_str()), (StatusCode::NOT_MODIFIED, ""));
}

#[tokio::test]
async fn a_large_file_comes_and_goes_in_pieces() {
    let (_app, client, dir) = begun().await;
    let content: Vec<u8> = (0..3_000_001_u32).map(|index| (index % 251).to_le_bytes()[0]).collect();
    let pieces =
        content.chunks(70_001).map(|piece| Ok::<_, std::io::Error>(bytes::Bytes::copy_from_slice(piece)));
    let body = Body::from_stream(futures_util::stream::iter(pieces.collect::<Vec<_>>()));
    let view: FileView = put(&client, "workspace/large", body).await.json(StatusCode::CREATED);
    assert_eq!(view.bytes, 3_000_001);
    assert!(fs::read(dir.join("workspace/large")).unwrap() == content);
    let response = client.raw(client.request(Method::GET, &format!("{FILES}/workspace/large"), "")).await;
    let read = axum::body::to_bytes(response.into_body(), 10_000_000).await.unwrap();
    assert!(read == content);
}

#[tokio::test]
async fn an_upload_that_breaks_off_changes_nothing() {
    let (_app, client, dir) = begun().await;
    put(&client, "workspace/a", "before").await;
    let broken = [Ok("half of it"), Err(std::io::Error::other("the client left"))];
    let answer = put(&client, "workspace/a", Body::from_stream(futures_util::stream::iter(broken))).await;
    assert_eq!(answer.problem().status, 400);
    assert_eq!(get(&client, "workspace/a").await.text(), "before");
    let unfinished = async || fs::read_dir(dir.join(".cache/smartbox-files")).unwrap().count();
    smartbox_testkit::wait_for("it to go", std::time::Duration::from_secs(20), unfinished, |count| {
        *count == 0
    })
    .await;
}

#[tokio::test]
async fn a_write_that_is_bound_to_what_was_read_is_refused_for_anything_else() {
    let (_app, client, _dir) = begun().await;
    let new = with(&client, IF_NONE_MATCH, "*");
    let first: FileView = put(&new, "a", "one").await.json(StatusCode::CREATED);
    let problem = put(&new, "a", "two").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (412, "version-mismatch"));
    let bound = with(&client, IF_MATCH, &format!("\"{}\"", first.etag));
    put(&bound, "a", "two!").await.json::<FileView>(StatusCode::OK);
    assert_eq!(put(&bound, "a", "three").await.problem().status, 412);
    assert_eq!(put(&with(&client, IF_MATCH, "*"), "none", "x").await.problem().status, 412);
    assert_eq!(get(&client, "a").await.text(), "two!");
}

#[tokio::test]
async fn what_is_thrown_away_comes_back_by_a_move_or_goes_for_good() {
    let (app, client, dir) = begun().await;
    put(&client, "workspace/a", "a").await;
    let thrown: RemovedFile = client.delete(&format!("{FILES}/workspace/a")).await.json(StatusCode::OK);
    let place = thrown.trashed_as.unwrap();
    assert!(thrown.expires_at.is_some() && dir.join(&place).exists(), "{place}");
    assert_eq!(get(&client, "workspace/a").await.problem().code, "file-not-found");
    let back = json!({ "from": place, "to": "workspace/b" });
    client.post_json(&format!("{FILES}:move"), &back).await.json::<FileView>(StatusCode::OK);
    assert_eq!(get(&client, "workspace/b").await.text(), "a");

    let gone: RemovedFile =
        client.delete(&format!("{FILES}/workspace?permanent=true")).await.json(StatusCode::OK);
    assert!(gone.trashed_as.is_none() && !dir.join("workspace").exists());
    put(&client, "c", "c").await;
    client.delete(&format!("{FILES}/c")).await;
    let emptied: TrashEmptied = client.post(&format!("{FILES}:empty-trash")).await.json(StatusCode::OK);
    assert_eq!(emptied.removed, 1);

    // After seven days it goes by itself.
    put(&client, "d", "d").await;
    let thrown: RemovedFile = client.delete(&format!("{FILES}/d")).await.json(StatusCode::OK);
    let place = dir.join(thrown.trashed_as.unwrap());
    let janitor = smartbox_control::Janitor::new(app.control.clone());
    app.clock.advance(jiff::SignedDuration::from_hours(7 * 24 - 1));
    janitor.pass().await.unwrap();
    assert!(place.exists());
    app.clock.advance(jiff::SignedDuration::from_hours(2));
    janitor.pass().await.unwrap();
    assert!(!place.exists());
}

#[tokio::test]
async fn files_are_found_within_bounds() {
    let (_app, client, _dir) = begun().await;
    put(&client, "workspace/Notes.md", "one\nthe needle\n").await;
    put(&client, "workspace/other.txt", "nothing").await;
    let search = async |body: Value| client.post_json(&format!("{FILES}:search"), &body).await;
    let found: FileSearchResult = search(json!({ "name": "notes" })).await.json(StatusCode::OK);
    assert_eq!(found.items[0].file.path, "workspace/Notes.md");
    let found: FileSearchResult =
        search(json!({ "path": "workspace", "content": "needle" })).await.json(StatusCode::OK);
    assert_eq!((found.items[0].line, found.items[0].text.as_deref()), (Some(2), Some("the needle")));
    let found: FileSearchResult = search(json!({ "name": "t", "limit": 1 })).await.json(StatusCode::OK);
    assert_eq!((found.items.len(), found.limit.as_deref()), (1, Some("hits")));
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "content": "a\nb" }), "content"),
        (json!({ "name": "x", "limit": 0 }), "limit"),
        (json!({ "name": "x", "limit": 1001 }), "limit"),
        (json!({ "name": "x", "path": "../x" }), "path"),
    ] {
        assert_eq!(search(body.clone()).await.problem().errors[0].field, field, "{body}");
    }
}

#[tokio::test]
async fn many_things_are_done_at_once_and_each_says_how_it_went() {
    let (_app, client, dir) = begun().await;
    fs::write(dir.join("binary"), [0xff, 0xfe]).unwrap();
    let batch = async |body: Value| client.post_json(&format!("{FILES}:batch"), &body).await;
    let operations = json!([
        { "op": "mkdir", "path": "workspace/new/dir", "parents": true },
        { "op": "write", "path": "workspace/new/dir/a", "content": "aGk=", "encoding": "base64" },
        { "op": "read", "path": "workspace/new/dir/a" },
        { "op": "read", "path": "binary" },
        { "op": "copy", "from": "workspace/new", "to": "workspace/copy" },
        { "op": "move", "from": "workspace/copy", "to": "workspace/moved" },
        { "op": "stat", "path": "workspace/copy" },
        { "op": "write", "path": "workspace/new/dir/a", "content": "x", "if_match": "another" },
        { "op": "read", "path": "../outside" },
        { "op": "delete", "path": "workspace/moved" },
        { "op": "delete", "path": "workspace/new", "permanent": true },
    ]);
    let done: FileBatchResults = batch(json!({ "operations": operations })).await.json(StatusCode::OK);
    let statuses: Vec<u16> = done.results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [201, 201, 200, 200, 200, 200, 404, 412, 422, 200, 200]);
    let text = |index: usize| done.results[index].text.clone().unwrap();
    assert_eq!((text(2).content.as_str(), text(2).encoding.as_str()), ("hi", "utf-8"));
    assert_eq!((text(3).content.as_str(), text(3).encoding.as_str()), ("//4=", "base64"));
    assert!(done.results[9].removed.as_ref().unwrap().trashed_as.is_some());
    assert!(!dir.join("workspace/new").exists());

    let stopped = json!({ "operations": [{ "op": "stat", "path": "none" }, { "op": "mkdir", "path": "x" }], "stop_on_error": true });
    let done: FileBatchResults = batch(stopped).await.json(StatusCode::OK);
    assert_eq!(done.results.iter().map(|result| result.status).collect::<Vec<_>>(), [404, 424]);
    assert!(!dir.join("x").exists());
    let many: Vec<Value> = (0..51).map(|_| json!({ "op": "stat", "path": "state" })).collect();
    for bad in [
        json!({ "operations": many }),
        json!({ "operations": [] }),
        json!({ "operations": [{ "op": "dance" }] }),
    ] {
        assert_eq!(batch(bad).await.problem().status, 422);
    }
}

#[tokio::test]
async fn a_box_that_is_held_back_may_be_emptied_and_not_filled() {
    let (app, client, _dir) = begun().await;
    put(&client, "a", "a").await;
    put(&client, "b", "b").await;
    let org = app.first_org().await;
    let hold = json!({ "reason": "the invoice is open" });
    let held = app.admin().change_json(Method::PUT, &format!("/v1/orgs/{org}/holds/budget"), &hold).await;
    assert!(held.status.is_success(), "{}", held.text());
    let problem = put(&client, "c", "c").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (402, "budget-used-up"));
    assert_eq!(get(&client, "a").await.text(), "a");
    client.delete(&format!("{FILES}/b?permanent=true")).await.json::<RemovedFile>(StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_by_its_field() {
    let (_app, client, _dir) = begun().await;
    put(&client, "a", "a").await;
    for query in ["limit=0", "limit=1001", "cursor=%2e%2e", "colour=red"] {
        let problem = client.get(&format!("{FILES}?{query}")).await.problem();
        assert_eq!(problem.status, 422, "{query}");
    }
    let problem = put(&client, "", "x").await.problem();
    assert!([404, 405, 409].contains(&problem.status), "{problem:?}");
    let problem = put(&client, "a/b", "x").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (409, "conflict"), "a file is no directory");
    let problem = put(&client, "no/such/dir/b", "x").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (404, "file-not-found"));
    put(&client, "no/such/dir/b?parents=true", "x").await.json::<FileView>(StatusCode::CREATED);
    let body = json!({ "from": "no", "to": "no/such/x" });
    let problem = client.post_json(&format!("{FILES}:move"), &body).await.problem();
    assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "path"));
    let declared = with(&client, http::header::CONTENT_LENGTH, "5000000000");
    let problem = put(&declared, "large", "x").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (413, "file-too-large"));
}
