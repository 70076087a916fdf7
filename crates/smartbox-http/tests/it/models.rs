//! Who serves models: put down, shown without keys, kept from strangers.

use http::header::{ETAG, IF_MATCH};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{ModelCallList, ModelRulesView, ProviderList, ProviderView};
use smartbox_testkit::{Answer, Client, TestApp};

const KEY: &str = "sk-0123456789abcdef";
const MINE: &str = "/v1/models/providers/mine";

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.change_json(Method::PUT, path, body).await
}

fn openai() -> Value {
    json!({ "dialect": "openai", "base_url": "https://models.example", "key": KEY, "models": [{ "id": "a" }] })
}

#[tokio::test]
async fn a_provider_is_shown_with_the_end_of_its_key_and_nothing_else_of_it() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let answer = put(&client, MINE, &openai()).await;
    assert_eq!(answer.header(ETAG), "\"1\"");
    let made = answer.json::<ProviderView>(StatusCode::OK);
    assert_eq!((made.scope.as_str(), made.key_hint.as_deref(), made.version), ("org", Some("…cdef"), 1));
    for path in [MINE, "/v1/models/providers", "/v1/models/providers?box=home", "/v1/boxes/home/timeline"] {
        let shown = client.get(path).await.json::<Value>(StatusCode::OK).to_string();
        assert!(!shown.contains(KEY), "{path}: {shown}");
    }
    let priced = json!({ "dialect": "openai", "base_url": "https://models.example", "models": [{ "id": "a" }],
        "price": { "input": "2.50", "output": "10" } });
    let changed = put(&client, MINE, &priced).await.json::<ProviderView>(StatusCode::OK);
    assert_eq!(changed.key_hint, made.key_hint, "it stays");
    let price = changed.price.unwrap();
    assert_eq!((price.input.as_str(), price.cache_write.as_deref()), ("2.5", Some("2.5")));
}

#[tokio::test]
async fn providers_are_listed_the_nearest_first_and_the_demo_where_nobody_is() {
    let app = TestApp::start().await;
    let (client, admin) = (app.first_tenant().await.client, app.admin());
    app.created_box(&client, "home").await;
    let names = |list: ProviderList| -> Vec<String> {
        list.items.iter().map(|provider| format!("{}/{}", provider.scope, provider.name)).collect()
    };
    let list = "/v1/models/providers";
    assert_eq!(names(client.get(list).await.json(StatusCode::OK)), ["platform/demo"]);
    for path in [MINE, "/v1/models/providers/near?box=home"] {
        put(&client, path, &openai()).await.json::<ProviderView>(StatusCode::OK);
    }
    put(&admin, "/v1/models/providers/all?platform=true", &openai())
        .await
        .json::<ProviderView>(StatusCode::OK);
    let of_box = names(client.get("/v1/models/providers?box=home").await.json(StatusCode::OK));
    assert_eq!(of_box, ["box/near", "org/mine", "platform/all"]);
    assert_eq!(names(client.get(list).await.json(StatusCode::OK)), ["org/mine", "platform/all"]);

    assert_eq!(client.delete(MINE).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.delete(MINE).await.problem().code, "model-provider-not-found");
    assert_eq!(client.get(MINE).await.problem().code, "model-provider-not-found");
}

#[tokio::test]
async fn what_belongs_to_another_org_does_not_exist() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.first_tenant().await.client, app.tenant("acme").await.client);
    let made = app.created_box(&owner, "home").await;
    put(&owner, MINE, &openai()).await.json::<ProviderView>(StatusCode::OK);
    assert_eq!(stranger.get(MINE).await.problem().code, "model-provider-not-found");
    assert_eq!(stranger.delete(MINE).await.problem().code, "model-provider-not-found");
    let id = made.smartbox.id;
    for path in [
        format!("/v1/models/providers?box={id}"),
        format!("/v1/models/providers/mine?box={id}"),
        format!("/v1/models/rules?box={id}"),
        format!("/v1/boxes/{id}/model-calls"),
    ] {
        assert_eq!(stranger.get(&path).await.problem().code, "box-not-found", "{path}");
    }
    let path = format!("/v1/models/providers/mine?box={id}");
    assert_eq!(put(&stranger, &path, &openai()).await.problem().code, "box-not-found");
    let path = format!("/v1/models/rules?box={id}");
    assert_eq!(put(&stranger, &path, &json!({})).await.problem().code, "box-not-found");
}

#[tokio::test]
async fn only_the_platforms_admin_speaks_for_it_and_opens_what_is_inside() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.first_tenant().await.client, app.admin());
    let path = "/v1/models/providers/all?platform=true";
    assert_eq!(put(&owner, path, &openai()).await.problem().code, "admin-only");
    let inside = json!({ "dialect": "openai", "base_url": "http://127.0.0.1:11434", "inside": true });
    assert_eq!(put(&owner, MINE, &inside).await.problem().code, "admin-only");
    put(&admin, MINE, &inside).await.json::<ProviderView>(StatusCode::OK);
    assert_eq!(
        put(&owner, MINE, &openai()).await.problem().code,
        "admin-only",
        "it was not theirs to change"
    );
}

#[tokio::test]
async fn what_is_wrong_is_named_and_no_key_is_repeated() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    for (body, field) in [
        (json!({ "dialect": "gopher" }), "dialect"),
        (json!({ "dialect": "openai", "base_url": "http://models.example" }), "base_url"),
        (json!({ "dialect": "openai", "base_url": "https://169.254.169.254" }), "base_url"),
        (json!({ "dialect": "openai", "base_url": "https://u:hunter2@models.example" }), "base_url"),
        (json!({ "dialect": "openai", "key": "hunter2 hunter2" }), "key"),
        (json!({ "dialect": "openai", "models": [{ "id": "a b" }] }), "models"),
        (json!({ "dialect": "openai", "price": { "input": "-1", "output": "2" } }), "price"),
        (json!({ "dialect": "openai", "key": "x", "no_key": true }), "no_key"),
    ] {
        let problem = put(&client, MINE, &body).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{body}");
        assert!(!serde_json::to_string(&problem).unwrap().contains("hunter2"), "{problem:?}");
    }
    let named = put(&client, "/v1/models/providers/demo", &openai()).await.problem();
    assert_eq!(named.errors[0].field, "provider");
}

#[tokio::test]
async fn a_key_is_not_sent_to_another_server_by_whoever_cannot_read_it() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    put(&client, MINE, &openai()).await.json::<ProviderView>(StatusCode::OK);
    let elsewhere = json!({ "dialect": "openai", "base_url": "https://evil.example" });
    assert_eq!(put(&client, MINE, &elsewhere).await.problem().errors[0].field, "key");
    let stale = client.clone().with(IF_MATCH, "\"0\"");
    assert_eq!(put(&stale, MINE, &openai()).await.problem().code, "version-mismatch");
}

#[tokio::test]
async fn rules_are_replaced_and_checked() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let path = "/v1/models/rules?box=home";
    assert_eq!(client.get(path).await.json::<ModelRulesView>(StatusCode::OK).version, 0);
    let rules = json!({ "allow": ["claude-*"], "fallbacks": { "claude-a": ["claude-b"] }, "requests_per_minute": 5,
        "keep_prompts": true });
    let set = put(&client, path, &rules).await.json::<ModelRulesView>(StatusCode::OK);
    assert_eq!((set.version, set.scope.as_str(), set.rules.keep_prompts), (1, "box", true));
    assert_eq!(client.get(path).await.json::<ModelRulesView>(StatusCode::OK), set);
    for (body, field) in [
        (json!({ "allow": [] }), "allow"),
        (json!({ "fallbacks": { "a": [] } }), "fallbacks"),
        (json!({ "requests_per_minute": 0 }), "requests_per_minute"),
        (json!({ "cache_secs": 1_000_000 }), "cache_secs"),
    ] {
        assert_eq!(put(&client, path, &body).await.problem().errors[0].field, field);
    }
    let calls = client.get("/v1/boxes/home/model-calls").await.json::<ModelCallList>(StatusCode::OK);
    assert!(calls.items.is_empty());
}
