//! Devices and the default box's gateway in the shapes of an older API.

use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};
use smartbox_testkit::{Client, DeviceKey, TestApp};

use crate::devices::member;

const DEVICES: &str = "/api/admin/devices";

async fn show(app: &TestApp, client: &Client, seed: u8) {
    let now = smartbox_control::Clock::now(&*app.clock);
    let proof = DeviceKey::new(seed).proof("POST", "/v1/devices", None, now);
    let client = client.clone().with(HeaderName::from_static("dpop"), &proof);
    client
        .post_json("/v1/devices", &json!({ "name": "Firefox on Linux" }))
        .await
        .json::<Value>(StatusCode::CREATED);
}

#[tokio::test]
async fn statement_13_a_device_is_pending_until_it_is_approved_in_the_older_api() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let manual = json!({ "pairing": "manual" });
    app.admin().change_json(Method::PATCH, "/v1/orgs/home", &manual).await.json::<Value>(StatusCode::OK);
    let browser = member(&app, &owner.org, "ada").await;
    assert_eq!(browser.get("/v1/boxes").await.problem().code, "device-not-approved");
    show(&app, &browser, 1).await;
    let admin = app.admin();
    let list: Value = admin.get(DEVICES).await.json(StatusCode::OK);
    let waiting = &list["pending"][0];
    assert_eq!((&waiting["displayName"], &list["paired"]), (&json!("Firefox on Linux"), &json!([])));
    let id = waiting["requestId"].as_str().unwrap().to_owned();
    let stranger = app.tenant("acme").await.client;
    assert_eq!(stranger.post(&format!("{DEVICES}/{id}/approve")).await.problem().status, 404);
    let approved: Value = admin.post(&format!("{DEVICES}/{id}/approve")).await.json(StatusCode::OK);
    assert_eq!((&approved["success"], &approved["requestId"]), (&json!(true), &json!(id)));
    assert_eq!(browser.get("/v1/boxes").await.status, 200);
    let list: Value = admin.get(DEVICES).await.json(StatusCode::OK);
    assert_eq!((&list["pending"], &list["paired"][0]["deviceId"]), (&json!([]), &json!(id)));

    let other = member(&app, &owner.org, "bob").await;
    show(&app, &other, 2).await;
    let all: Value = admin.post(&format!("{DEVICES}/approve-all")).await.json(StatusCode::OK);
    assert_eq!((all["approved"].as_array().unwrap().len(), &all["failed"]), (1, &json!([])));
    assert_eq!(other.get("/v1/boxes").await.status, 200);
}

#[tokio::test]
async fn the_gateway_of_the_default_box_is_restarted_by_post_alone() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let id = smartbox_testkit::id_of(&app.running_box(&owner, "home").await);
    let before = app.provider.starts(id);
    assert_eq!(owner.get("/api/admin/gateway/restart").await.problem().status, 405);
    app.settle().await;
    assert_eq!(app.provider.starts(id), before);
    let begun: Value = owner.post("/api/admin/gateway/restart").await.json(StatusCode::OK);
    assert_eq!(begun["success"], true);
    app.settle().await;
    assert_eq!(app.provider.starts(id), before + 1);
}
