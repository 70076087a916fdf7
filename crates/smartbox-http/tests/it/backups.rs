//! Backups through the API: made, listed, taken along, restored, and kept from strangers.

use std::fs;
use std::path::PathBuf;

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use serde_json::{Value, json};
use smartbox_api::{BackupKey, BackupList, BackupView, Launched};
use smartbox_testkit::{Client, TestApp, id_of};

const PATH: &str = "/v1/boxes/home/backups";

pub(crate) async fn app() -> (TestApp, Client, PathBuf) {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    let home = app.provider.home_of(id);
    fs::write(home.join("state/openclaw.json"), "{}").unwrap();
    (app, client, home)
}

pub(crate) async fn made(app: &TestApp, client: &Client) -> BackupView {
    app.back_up_for(client.post(PATH)).await.json(StatusCode::CREATED)
}

#[tokio::test]
async fn a_backup_is_made_listed_verified_and_removed() {
    let (app, client, home) = app().await;
    let first = made(&app, &client).await;
    assert!(first.is_good && first.is_pinned && first.files == 1, "{first:?}");
    let list: BackupList = client.get(PATH).await.json(StatusCode::OK);
    assert_eq!(
        (list.items.as_slice(), list.state.last_good_at.as_ref()),
        (&[first.clone()][..], Some(&first.made_at))
    );
    assert_eq!(app.show(&client, "home").await.backup.unwrap().last_good_at, Some(first.made_at.clone()));
    let verified: BackupView = client.post(&format!("{PATH}/{}/verify", first.id)).await.json(StatusCode::OK);
    assert!(verified.is_good && verified.verified_at.is_some());

    let only = client.delete(&format!("{PATH}/{}", first.id)).await.problem();
    assert_eq!((only.status, only.code.as_str()), (409, "conflict"));
    fs::write(home.join("state/note"), "x").unwrap();
    made(&app, &client).await;
    assert_eq!(client.delete(&format!("{PATH}/{}", first.id)).await.status, 204);
    let gone = client.post(&format!("{PATH}/{}/verify", first.id)).await.problem();
    assert_eq!(gone.code, "backup-not-found");
}

#[tokio::test]
async fn a_box_is_restored_through_the_api() {
    let (app, client, home) = app().await;
    let first = made(&app, &client).await;
    fs::write(home.join("state/openclaw.json"), "spoilt").unwrap();
    let path = format!("{PATH}/{}/restore", first.id);
    let launched: Launched = client.post_json(&path, &json!({})).await.json(StatusCode::ACCEPTED);
    assert_eq!(launched.operation.kind, "restore");
    app.settle().await;
    assert_eq!(fs::read_to_string(home.join("state/openclaw.json")).unwrap(), "{}");
    let operation: Value =
        client.get(&format!("/v1/operations/{}", launched.operation.id)).await.json(StatusCode::OK);
    assert_eq!(operation["state"], "succeeded");
    let list: BackupList = client.get(PATH).await.json(StatusCode::OK);
    assert_eq!(list.state.restored_from, Some(first.id));
    assert!(list.state.undo_until.is_some() && list.state.restoring_from.is_none());
    let told: Value = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert!(told.to_string().contains("box.restored"), "{told}");
}

#[tokio::test]
async fn a_file_is_downloaded_as_it_is_and_never_as_a_page() {
    let (app, client, home) = app().await;
    fs::create_dir_all(home.join("workspace")).unwrap();
    fs::write(home.join("workspace/page.html"), "<script>alert(1)</script>").unwrap();
    let backup = made(&app, &client).await;
    let path = format!("{PATH}/{}/download", backup.id);
    let file = client.get(&format!("{path}?path=workspace/page.html")).await;
    assert_eq!((file.status, file.text().as_str()), (StatusCode::OK, "<script>alert(1)</script>"));
    assert_eq!(file.header(http::header::CONTENT_TYPE), "application/octet-stream");
    assert_eq!(file.header(CONTENT_DISPOSITION), "attachment; filename=\"page.html\"");
    assert_eq!(file.header(http::header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let missing = client.get(&format!("{path}?path=../../etc/passwd")).await.problem();
    assert_eq!((missing.status, missing.code.as_str()), (404, "backup-file-not-found"));
    assert_eq!(client.get(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_the_owner_sees_the_key_and_it_is_told_in_the_audit_log() {
    let (app, client, _home) = app().await;
    let org = app.first_tenant().await.org;
    let answer = client.post("/v1/boxes/home/backup-key").await;
    assert_eq!(answer.header(CACHE_CONTROL), "no-store");
    let key: BackupKey = answer.json(StatusCode::OK);
    assert!(key.password.len() >= 40 && key.repository.contains(&org), "{}", key.repository);
    for role in ["viewer", "operator", "admin"] {
        let (_user, member) = app.member(&org, role, role).await;
        let refused = member.post("/v1/boxes/home/backup-key").await.problem();
        assert_eq!((refused.status, refused.code.as_str()), (403, "missing-permission"), "{role}");
    }
    let told: Value = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert_eq!(told["items"][0]["action"], "backup.key-shown");
    assert!(!told.to_string().contains(&key.password));
}

#[tokio::test]
async fn backups_of_another_org_do_not_exist() {
    let (app, client, _home) = app().await;
    let backup = made(&app, &client).await;
    let acme = app.tenant("acme").await.client;
    app.running_box(&acme, "home").await;
    let path = format!("{PATH}/{}", backup.id);
    assert_eq!(acme.delete(&path).await.problem().code, "backup-not-found", "their box is another");
    assert_eq!(acme.get(&format!("{path}/download")).await.problem().code, "backup-not-found");
    for action in ["restore", "verify"] {
        let refused = acme.post_json(&format!("{path}/{action}"), &json!({})).await.problem();
        assert_eq!((refused.status, refused.code.as_str()), (404, "backup-not-found"), "{action}");
    }
    let list: BackupList = acme.get(PATH).await.json(StatusCode::OK);
    assert!(list.items.is_empty());
    let theirs: BackupKey = acme.post("/v1/boxes/home/backup-key").await.json(StatusCode::OK);
    let ours: BackupKey = client.post("/v1/boxes/home/backup-key").await.json(StatusCode::OK);
    assert!(theirs.repository != ours.repository && theirs.password != ours.password);
}
