//! The configuration of a box, over HTTP.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{ConfigChangeView, ConfigHistory, ConfigView, Problem};
use smartbox_testkit::{Client, TestApp};

const PATH: &str = "/v1/boxes/home/config";

async fn put(client: &Client, body: &Value, status: StatusCode) -> ConfigChangeView {
    client.change_json(Method::PUT, PATH, body).await.json(status)
}

async fn refused(client: &Client, method: Method, body: &str, media: &str, status: StatusCode) -> Problem {
    let mut request = client.request(method, PATH, body.to_owned());
    request.headers_mut().insert("content-type", media.parse().unwrap());
    client.send(request).await.json(status)
}

#[tokio::test]
async fn a_configuration_is_set_patched_listed_and_rolled_back() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "home").await;
    let empty: ConfigView = owner.get(PATH).await.json(StatusCode::OK);
    assert_eq!((empty.version, empty.config.len()), (0, 0));
    assert_eq!(empty.effective["gateway"]["bind"], "loopback");

    let made = put(&owner, &json!({ "messages": { "ackReaction": "eyes" } }), StatusCode::ACCEPTED).await;
    assert_eq!((made.config.version, made.applies.as_str()), (1, "now"));
    assert_eq!(made.operation.unwrap().kind, "configure");
    app.settle().await;
    app.clock.advance(jiff::SignedDuration::from_secs(11));
    app.settle().await;

    let mut request = owner.request(
        Method::PATCH,
        PATH,
        json!({ "messages": { "ackReaction": null, "queue": ["a"] } }).to_string(),
    );
    request.headers_mut().insert("content-type", "application/merge-patch+json".parse().unwrap());
    request.headers_mut().insert("if-match", "\"1\"".parse().unwrap());
    let patched: ConfigChangeView = owner.send(request).await.json(StatusCode::ACCEPTED);
    assert_eq!(Value::Object(patched.config.config), json!({ "messages": { "queue": ["a"] } }));

    let body = json!({ "version": 1 });
    let back: ConfigChangeView =
        owner.post_json(&format!("{PATH}/rollback"), &body).await.json(StatusCode::ACCEPTED);
    assert_eq!((back.config.version, &back.config.config["messages"]["ackReaction"]), (3, &json!("eyes")));
    let kept: ConfigHistory = owner.get(&format!("{PATH}/history")).await.json(StatusCode::OK);
    let told: Vec<_> =
        kept.items.iter().map(|one| (one.version, one.standing.as_str(), one.origin.as_str())).collect();
    assert_eq!(told, [(3, "new", "rollback"), (2, "new", "patch"), (1, "good", "set")]);
    assert_eq!(owner.post(&format!("{PATH}/reload")).await.status, 202);
}

#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "home").await;
    let json = "application/json";
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    for body in ["{", "[]", "null", "\"x\"", "{} {}", ""] {
        refused(&owner, Method::PUT, body, json, unprocessable).await;
        refused(&owner, Method::PATCH, body, json, unprocessable).await;
    }
    let deep = format!("{}1{}", "{\"a\":".repeat(40), "}".repeat(40));
    refused(&owner, Method::PUT, &deep, json, unprocessable).await;
    let long = json!({ "messages": { "ackReaction": "x".repeat(300_000) } }).to_string();
    let told = refused(&owner, Method::PUT, &long, json, unprocessable).await;
    assert!(told.errors[0].message.contains("too many bytes"), "{told:?}");
    let told =
        refused(&owner, Method::PUT, r#"{"gateway":{"auth":{"mode":"none"}}}"#, json, unprocessable).await;
    assert_eq!(told.errors[0].field, "config");
    assert!(told.errors[0].message.contains("`gateway.auth` belongs to the platform"), "{told:?}");
    refused(&owner, Method::PATCH, "{}", "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
    let mut stale = owner.request(Method::PUT, PATH, "{}".to_owned());
    stale.headers_mut().insert("content-type", json.parse().unwrap());
    stale.headers_mut().insert("if-match", "\"7\"".parse().unwrap());
    assert_eq!(owner.send(stale).await.status, 412);
    let kept: ConfigHistory = owner.get(&format!("{PATH}/history")).await.json(StatusCode::OK);
    assert_eq!(kept.items, []);
}

#[tokio::test]
async fn another_orgs_configuration_does_not_exist_and_whoever_only_looks_changes_nothing() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let owner = &tenant.client;
    let view = app.running_box(owner, "home").await;
    put(owner, &json!({ "messages": { "ackReaction": "eyes" } }), StatusCode::ACCEPTED).await;
    let stranger = app.tenant("acme").await.client;
    let path = format!("/v1/boxes/{}/config", view.id);
    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(stranger.get(&format!("{path}/history")).await.status, 404);
    assert_eq!(stranger.change_json(Method::PUT, &path, &json!({})).await.status, 404);
    assert_eq!(stranger.change_json(Method::PATCH, &path, &json!({})).await.status, 404);
    assert_eq!(stranger.post_json(&format!("{path}/rollback"), &json!({ "version": 1 })).await.status, 404);
    assert_eq!(stranger.post(&format!("{path}/reload")).await.status, 404);
    let (_token, reader) = app.program(&tenant.org, &["boxes:read"]).await;
    assert_eq!(reader.change_json(Method::PUT, PATH, &json!({})).await.status, 403);
}
