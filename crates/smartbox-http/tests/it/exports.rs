//! Everything of an org, taken along.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use serde_json::{Value, json};
use smartbox_testkit::{Client, TestApp, id_of};

const PATH: &str = "/v1/orgs/me/export";

/// The files of an archive with what they hold.
fn files(archive: &[u8]) -> BTreeMap<String, String> {
    let unpacked = zstd::stream::read::Decoder::new(archive).unwrap();
    let mut archive = tar::Archive::new(unpacked);
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let mut content = String::new();
        if entry.header().entry_type().is_file() {
            entry.read_to_string(&mut content).unwrap();
        }
        files.insert(path, content);
    }
    files
}

async fn exported(client: &Client) -> BTreeMap<String, String> {
    let answer = client.get(PATH).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header(CACHE_CONTROL), "no-store");
    assert!(answer.header(CONTENT_DISPOSITION).contains(".tar.zst"));
    files(&answer.body)
}

#[tokio::test]
async fn an_owner_takes_along_settings_people_and_what_the_agents_know() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let client = &owner.client;
    let id = id_of(&app.running_box(client, "home").await);
    let home = app.provider.home_of(id);
    fs::create_dir_all(home.join("workspace")).unwrap();
    fs::write(home.join("state/openclaw.json"), "{\"kept\":1}").unwrap();
    fs::write(home.join("workspace/MEMORY.md"), "likes tea").unwrap();
    app.back_up().await;
    let key = json!({ "value": "an-org-value-of-some-length" });
    client.change_json(http::Method::PUT, "/v1/orgs/me/secrets/API_TOKEN", &key).await;
    let policy = json!({ "keep_daily": 30 });
    client.change_json(http::Method::PUT, "/v1/boxes/home/backup-policy", &policy).await;
    let (_id, program) = app.program(&owner.org, &["boxes:read"]).await;
    app.member(&owner.org, "bob", "viewer").await;
    app.created_box(client, "empty").await;

    let files = exported(client).await;
    let json = |path: &str| serde_json::from_str::<Value>(&files[path]).unwrap();
    assert_eq!(files["boxes/home/home/workspace/MEMORY.md"], "likes tea");
    assert_eq!(files["boxes/home/home/state/openclaw.json"], "{\"kept\":1}");
    assert_eq!(json("boxes/home/box.json")["id"], id.to_string());
    assert_eq!(json("boxes/home/backup-policy.json")["rules"]["keep_daily"], 30);
    assert_eq!(json("org.json")["id"], owner.org);
    assert!(files["users.jsonl"].contains("\"bob\""));
    assert!(files["secrets.jsonl"].contains("API_TOKEN"));
    assert!(files["audit/000001.jsonl"].contains("box.created"));
    let summary = json("export.json");
    assert_eq!((&summary["format"], summary["boxes"].as_array().unwrap().len()), (&json!(1), 2));
    for exported in summary["boxes"].as_array().unwrap() {
        let is_home = exported["name"] == "home";
        assert_eq!(
            exported["backup"].is_string(),
            is_home,
            "a box without a good backup is said to have none: {exported}"
        );
    }
    assert!(!files.contains_key("boxes/empty/home/state/openclaw.json"));

    let all = files.values().cloned().collect::<String>();
    assert!(
        !all.contains("an-org-value-of-some-length"),
        "values that were given to the platform stay there"
    );
    let key = app.control.backup_access(&app.admin_op(), &id.to_string()).await.unwrap();
    assert!(!all.contains(secrecy::ExposeSecret::expose_secret(&key.password)));
    drop(program);
    let told: Value = client.get("/v1/audit?limit=200").await.json(StatusCode::OK);
    assert!(told.to_string().contains("org.exported") && told.to_string().contains("backup.exported"));
}

#[tokio::test]
async fn only_owners_export_and_only_their_own() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    app.running_box(&owner.client, "home").await;
    let acme = app.tenant("acme").await;
    app.running_box(&acme.client, "secret-box").await;
    for role in ["viewer", "operator", "admin"] {
        let (_user, member) = app.member(&owner.org, role, role).await;
        assert_eq!(member.get(PATH).await.problem().code, "missing-permission", "{role}");
    }
    assert_eq!(
        app.admin().get(&format!("/v1/orgs/{}/export", owner.org)).await.problem().code,
        "missing-permission"
    );
    assert_eq!(acme.client.get(&format!("/v1/orgs/{}/export", owner.org)).await.status, 404);
    let files = exported(&owner.client).await;
    assert!(files.keys().all(|path| !path.contains("secret-box")), "{:?}", files.keys());
    assert!(files.values().all(|content| !content.contains(&acme.org)), "nothing of another org is in it");
}

#[tokio::test]
async fn an_export_whose_backups_are_away_is_not_complete_and_says_so() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let owner = app.first_tenant().await;
    let id = id_of(&app.running_box(&owner.client, "home").await);
    fs::write(app.provider.home_of(id).join("state/openclaw.json"), "{}").unwrap();
    app.back_up().await;
    app.depot.erase(&owner.org, &id.to_string()).await.unwrap();
    let request = owner.client.request(http::Method::GET, PATH, String::new());
    let answer = owner.client.raw(request).await;
    assert_eq!(answer.status(), StatusCode::OK, "it had begun");
    let read = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
    assert!(read.is_err(), "it breaks off, and does not look like one that ended");
}
