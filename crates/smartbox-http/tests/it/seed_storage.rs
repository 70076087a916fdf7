//! Backups in the shapes of an older API.

use std::fs;

use http::StatusCode;
use serde_json::{Value, json};
use smartbox_testkit::{TestApp, id_of};

const STORAGE: &str = "/api/admin/storage";

#[tokio::test]
async fn the_default_box_is_saved_and_says_so() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let client = &owner.client;
    let id = id_of(&app.running_box(client, "home").await);
    let home = app.provider.home_of(id);
    let before: Value = client.get(STORAGE).await.json(StatusCode::OK);
    assert_eq!((&before["configured"], &before["lastSync"]), (&json!(true), &Value::Null));
    fs::write(home.join("state/openclaw.json"), "{}").unwrap();
    let sync = format!("{STORAGE}/sync");
    let answer = app.back_up_for(client.post(&sync)).await;
    let synced: Value = answer.json(StatusCode::OK);
    assert_eq!(
        (&synced["success"], &synced["message"]),
        (&json!(true), &json!("Sync completed successfully"))
    );
    let after: Value = client.get(STORAGE).await.json(StatusCode::OK);
    assert_eq!(after["lastSync"], synced["lastSync"]);
    assert!(after["lastSync"].is_string(), "{after}");

    // Again and again: nothing is made that nobody ever removes.
    let again = app.back_up_for(client.post(&sync)).await;
    assert_eq!(again.json::<Value>(StatusCode::OK)["message"], "Everything was saved already");
    let list: Value = client.get("/v1/boxes/home/backups").await.json(StatusCode::OK);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["is_pinned"], false);

    let (_user, viewer) = app.member(&owner.org, "viewer", "viewer").await;
    assert_eq!(viewer.get(STORAGE).await.status, 200);
    assert_eq!(viewer.post(&sync).await.problem().code, "missing-permission");
    let stranger = app.tenant("acme").await.client;
    assert_eq!(
        stranger.get(STORAGE).await.problem().status,
        404,
        "they have a default box of their own, or none"
    );
}

#[tokio::test]
async fn the_admin_sees_how_it_goes_with_a_box_and_has_it_saved() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.first_tenant().await.client, app.admin());
    let id = id_of(&app.running_box(&owner, "home").await);
    let path = format!("/api/super/users/{id}/r2-status");
    let none: Value = admin.get(&path).await.json(StatusCode::OK);
    assert_eq!(
        (&none["backupFormat"], &none["hasBackup"], &none["healthy"]),
        (&json!("none"), &json!(false), &json!(false))
    );
    assert_eq!(none["backup"], Value::Null);
    fs::write(app.provider.home_of(id).join("state/openclaw.json"), vec![7; 3 << 20]).unwrap();
    let secret = json!({ "value": "a-value-of-some-length" });
    owner.change_json(http::Method::PUT, "/v1/boxes/home/secrets/API_TOKEN", &secret).await;

    let asked: Value =
        admin.post(&format!("/api/super/users/{id}/sync-async")).await.json(StatusCode::ACCEPTED);
    assert_eq!((&asked["accepted"], &asked["userId"]), (&json!(true), &json!(id.to_string())));
    app.back_up().await;
    app.clock.advance(jiff::SignedDuration::from_mins(3));
    let answer = admin.get(&path).await;
    assert!(!answer.text().contains("a-value-of"), "names only");
    let status: Value = answer.json(StatusCode::OK);
    assert_eq!(
        (&status["backupFormat"], &status["hasBackup"], &status["healthy"]),
        (&json!("restic"), &json!(true), &json!(true))
    );
    assert_eq!((&status["backup"]["sizeBytes"], &status["backup"]["sizeMB"]), (&json!(3 << 20), &json!(3.0)));
    assert_eq!(status["backup"]["metadata"]["files"], 1);
    assert_eq!((&status["minutesSinceSync"], &status["secretKeys"]), (&json!(3), &json!(["API_TOKEN"])));
    assert_eq!(status["syncId"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn nobody_but_the_admin_uses_the_admins_routes() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&owner, "home").await);
    let base = format!("/api/super/users/{id}");
    for client in [owner, app.tenant("acme").await.client] {
        assert_eq!(client.get(&format!("{base}/r2-status")).await.problem().code, "admin-only");
        assert_eq!(client.post(&format!("{base}/sync-async")).await.problem().code, "admin-only");
    }
    let nobody = app.anonymous().get(&format!("{base}/r2-status")).await;
    assert_eq!(nobody.status, 403, "as the older API answers whoever has no secret");
    assert_eq!(app.admin().post("/api/super/users/nobody/sync-async").await.status, 404);
}
