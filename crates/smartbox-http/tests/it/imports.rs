//! Archives that are taken in through the API.

use std::fs;
use std::io;

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;
use smartbox_api::{BackupList, CreatedBox};
use smartbox_testkit::{Answer, Client, TestApp, id_of};

use crate::backups::{app, made};

async fn send(client: &Client, query: &str, body: impl Into<Body>) -> Answer {
    let mut request = client.request(Method::POST, &format!("/v1/imports?{query}"), body);
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/zstd"));
    client.send(request).await
}

/// What `backup download` gives.
async fn archive(app: &TestApp, client: &Client) -> Bytes {
    let backup = made(app, client).await;
    let path = format!("/v1/boxes/home/backups/{}/download", backup.id);
    let answer = client.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_of_one_platform_becomes_a_box_of_another() {
    let (there, client, home) = app().await;
    fs::create_dir_all(home.join("workspace")).unwrap();
    fs::write(home.join("workspace/note"), "by hand").unwrap();
    fs::create_dir_all(home.join("state/devices")).unwrap();
    fs::write(home.join("state/devices/paired.json"), "[]").unwrap();
    let packed = archive(&there, &client).await;

    let here = TestApp::start().await;
    let owner = here.first_tenant().await.client;
    let made: CreatedBox =
        send(&owner, "name=taken&kind=project", packed.clone()).await.json(StatusCode::ACCEPTED);
    assert_eq!((made.smartbox.kind.as_str(), made.smartbox.channels.as_deref()), ("project", Some("off")));
    here.settle().await;
    let view = here.show(&owner, "taken").await;
    assert_eq!(view.phase, "running");
    let its_home = here.provider.home_of(id_of(&view));
    assert_eq!(fs::read_to_string(its_home.join("workspace/note")).unwrap(), "by hand");
    assert!(!its_home.join("state/devices/paired.json").exists(), "its identity is its own");
    let list: BackupList = owner.get("/v1/boxes/taken/backups").await.json(StatusCode::OK);
    assert_eq!(
        (list.items[0].reason.as_str(), list.items[0].is_pinned, list.items[0].files),
        ("import", true, 3)
    );
    let told: Value = owner.get("/v1/boxes/taken/timeline").await.json(StatusCode::OK);
    for action in ["box.created", "box.imported", "box.restored"] {
        assert!(told.to_string().contains(action), "{action}: {told}");
    }
    let taken = send(&owner, "name=taken", packed.clone()).await.problem();
    assert_eq!(taken.code, "name-taken");
    let wrong = send(&owner, "name=other&runtime_version=2026.9.5", packed).await.problem();
    assert!(wrong.code == "invalid" && serde_json::to_string(&wrong).unwrap().contains("was saved by"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_of_a_newer_version_than_any_here_is_refused_with_advice() {
    let (there, client, _home) = app().await;
    let packed = archive(&there, &client).await;
    let here = TestApp::start().await;
    let owner = here.first_tenant().await.client;
    for version in [smartbox_testkit::RUNTIME, smartbox_testkit::NEWER_RUNTIME] {
        here.runtimes.lose(version);
    }
    let refused = send(&owner, "name=taken", packed).await.problem();
    assert!(matches!(refused.code.as_str(), "conflict" | "invalid"), "{refused:?}");
    assert!(serde_json::to_string(&refused).unwrap().contains("install"), "{refused:?}");
    let list: Value = owner.get("/v1/boxes").await.json(StatusCode::OK);
    assert!(list["items"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_archive_of_a_box_is_refused_and_leaves_nothing() {
    let (there, client, home) = app().await;
    let packed = archive(&there, &client).await;
    fs::create_dir_all(home.join("state/state")).unwrap();
    fs::write(home.join("state/state/openclaw.sqlite"), "no database, only text").unwrap();
    there.expect_log("WARN");
    let broken = archive(&there, &client).await;
    let here = TestApp::start().await;
    let owner = here.first_tenant().await.client;
    for (what, body) in [
        ("nothing", Bytes::new()),
        ("text", Bytes::from_static(b"no archive at all")),
        ("half of one", packed.slice(..packed.len() / 2)),
        ("one with a broken database", broken),
    ] {
        let problem = send(&owner, "name=taken", body).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (422, "invalid"), "{what}");
        assert!(serde_json::to_string(&problem).unwrap().contains("archive"), "{what}: {problem:?}");
    }
    let broke_off = futures_util::stream::iter([
        Ok(packed.slice(..100)),
        Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    ]);
    let problem = send(&owner, "name=taken", Body::from_stream(broke_off)).await.problem();
    assert_eq!(problem.status, 503, "{problem:?}");
    let list: Value = owner.get("/v1/boxes").await.json(StatusCode::OK);
    assert!(list["items"].as_array().unwrap().is_empty());

    let request = owner.request(Method::POST, "/v1/imports?name=taken", packed.clone());
    assert_eq!(owner.send(request).await.problem().code, "unsupported-media-type");
    assert_eq!(send(&owner, "", packed.clone()).await.problem().code, "invalid");
    assert_eq!(send(&owner, "name=taken&tier=huge", packed).await.problem().code, "invalid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_an_archive_into_another_org_but_the_admin() {
    let (app, client, _home) = app().await;
    let packed = archive(&app, &client).await;
    let acme = app.tenant("acme").await;
    let query = format!("name=taken&org={}", acme.org);
    assert_eq!(send(&client, &query, packed.clone()).await.problem().code, "invalid");
    let org = app.first_tenant().await.org;
    let (_user, member) = app.member(&org, "viewer", "viewer").await;
    let refused = send(&member, "name=taken", packed.clone()).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "missing-permission"));
    let made: CreatedBox = send(&app.admin(), &query, packed).await.json(StatusCode::ACCEPTED);
    assert_eq!(made.smartbox.org, acme.org);
}
