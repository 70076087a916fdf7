//! The agents API of an older platform.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_core::BoxId;
use smartbox_testkit::{Answer, Client, Tenant, TestApp};

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.change_json(Method::PUT, path, body).await
}

/// The words of a refusal: status, code, and what clients of the older API look for.
fn refused(answer: &Answer) -> (u16, String, String) {
    let problem = answer.problem();
    (problem.status, problem.code, problem.error.expect("`error` is there"))
}

async fn made(client: &Client, name: &str) -> Value {
    client.post_json("/agents", &json!({ "name": name })).await.json(StatusCode::CREATED)
}

async fn placed(app: &TestApp, client: &Client, name: &str) -> BoxId {
    let agent = made(client, name).await;
    let id = agent["id"].as_str().unwrap().to_owned();
    let body = json!({ "vps_config_id": "standard-1" });
    let _vps: Value = client.post_json(&format!("/agents/{id}/vps"), &body).await.json(StatusCode::CREATED);
    app.settle().await;
    id.parse().unwrap()
}

async fn world() -> (TestApp, Tenant) {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    (app, tenant)
}

#[tokio::test]
async fn statement_40_an_agent_gets_a_machine_and_is_reachable() {
    let (app, tenant) = world().await;
    let client = &tenant.client;
    let agent = made(client, "alpha").await;
    assert_eq!(
        (&agent["name"], &agent["user_id"], &agent["vps"]),
        (&json!("alpha"), &json!(tenant.org), &Value::Null)
    );
    let path = format!("/agents/{}", agent["id"].as_str().unwrap());
    app.settle().await;
    assert_eq!(
        client.get(&path).await.json::<Value>(StatusCode::OK)["vps"],
        Value::Null,
        "nothing is made by itself"
    );
    let health: Value = client.get(&format!("{path}/health")).await.json(StatusCode::OK);
    assert_eq!(health, json!({ "gateway_reachable": false }));

    let body = json!({ "vps_config_id": "standard-2" });
    let vps: Value = client.post_json(&format!("{path}/vps"), &body).await.json(StatusCode::CREATED);
    let told = (&vps["vps_config_id"], &vps["state"], &vps["provider"]);
    assert_eq!(told, (&json!("standard-2"), &json!("provisioning"), &json!("local")));
    app.settle().await;
    let agent: Value = client.get(&path).await.json(StatusCode::OK);
    assert_eq!(
        (&agent["vps"]["state"], &agent["vps"]["vps_config_id"]),
        (&json!("running"), &json!("standard-2"))
    );
    let health: Value = client.get(&format!("{path}/health")).await.json(StatusCode::OK);
    assert_eq!(health, json!({ "gateway_reachable": true }));
    let list: Value = client.get("/agents").await.json(StatusCode::OK);
    assert_eq!(list, json!([agent]));

    let again = client.post_json(&format!("{path}/vps"), &body).await;
    let (status, code, error) = refused(&again);
    assert_eq!((status, code.as_str()), (409, "conflict"));
    assert!(error.contains("has a machine"), "{error}");
}

#[tokio::test]
async fn a_machine_is_taken_away_and_what_it_held_comes_back_with_the_next() {
    let (app, tenant) = world().await;
    let client = &tenant.client;
    let id = placed(&app, client, "alpha").await;
    let path = format!("/agents/{id}");
    std::fs::write(app.provider.home_of(id).join("state/openclaw.json"), "{}").unwrap();
    assert_eq!(
        put(client, &format!("{path}/workspace/SOUL.md"), &json!({ "content": "Be kind." })).await.status,
        204
    );
    assert_eq!(client.delete(&format!("{path}/vps")).await.status, 204);
    let agent: Value = client.get(&path).await.json(StatusCode::OK);
    assert_eq!((&agent["name"], &agent["vps"]), (&json!("alpha"), &Value::Null));
    assert_eq!(refused(&client.delete(&format!("{path}/vps")).await).0, 404, "there is none any more");
    assert_eq!(refused(&client.post(&format!("{path}/vps/start")).await).0, 404);
    for _ in 0..3 {
        app.settle().await;
        app.back_up().await;
    }
    app.settle().await;
    assert_eq!(app.show(client, "alpha").await.phase, "archived", "its disk is freed");

    let body = json!({ "vps_config_id": "standard-3" });
    client.post_json(&format!("{path}/vps"), &body).await.json::<Value>(StatusCode::CREATED);
    app.settle().await;
    let agent: Value = client.get(&path).await.json(StatusCode::OK);
    assert_eq!(
        (&agent["vps"]["state"], &agent["vps"]["vps_config_id"]),
        (&json!("running"), &json!("standard-3"))
    );
    let kept = std::fs::read_to_string(app.provider.home_of(id).join("workspace/SOUL.md")).unwrap();
    assert_eq!(kept, "Be kind.");
}

#[tokio::test]
async fn a_machine_is_started_and_stopped_when_it_can_be() {
    let (app, tenant) = world().await;
    let client = &tenant.client;
    let id = placed(&app, client, "alpha").await;
    let path = format!("/agents/{id}");
    assert_eq!(refused(&client.post(&format!("{path}/vps/start")).await).0, 409);
    let stopping: Value = client.post(&format!("{path}/vps/stop")).await.json(StatusCode::OK);
    assert_eq!(stopping["state"], "stopped");
    app.settle().await;
    assert_eq!(refused(&client.post(&format!("{path}/vps/stop")).await).0, 409);
    assert_eq!(refused(&client.post(&format!("{path}/restart")).await).0, 409);
    client.post(&format!("{path}/vps/start")).await.json::<Value>(StatusCode::OK);
    app.settle().await;
    let before = app.provider.starts(id);
    assert_eq!(client.post(&format!("{path}/restart")).await.status, 204);
    app.settle().await;
    assert!(app.provider.starts(id) > before, "it is another incarnation");
    assert_eq!(client.delete(&path).await.status, 204);
    assert_eq!(refused(&client.get(&path).await).0, 404);
    assert_eq!(client.get("/agents").await.json::<Value>(StatusCode::OK), json!([]));
}

#[tokio::test]
async fn what_is_wrong_is_told_in_the_older_words_and_codes() {
    let (_app, tenant) = world().await;
    let client = &tenant.client;
    let (status, code, error) = refused(&client.post_json("/agents", &json!({ "name": "No Name!" })).await);
    assert_eq!((status, code.as_str()), (400, "invalid"));
    assert!(error.contains("a box name has"), "{error}");
    made(client, "alpha").await;
    assert_eq!(refused(&client.post_json("/agents", &json!({ "name": "alpha" })).await).0, 409);
    let body = json!({ "vps_config_id": "galactic" });
    assert_eq!(refused(&client.post_json("/agents/alpha/vps", &body).await).0, 400);
    assert_eq!(refused(&client.get("/agents/nobody").await).0, 404);
    let traversal =
        put(client, "/agents/alpha/workspace/..%2Fstate%2Fopenclaw.json", &json!({ "content": "x" })).await;
    assert_eq!(refused(&traversal).0, 400);
    let unplaced = put(client, "/agents/alpha/workspace/SOUL.md", &json!({ "content": "x" })).await;
    assert_eq!(refused(&unplaced).0, 409, "there is no disk to write to");
}

#[tokio::test]
async fn a_plan_that_allows_no_more_agents_is_a_403() {
    let (app, tenant) = world().await;
    let plan = json!({ "is_default": true, "boxes_max": 1 });
    put(&app.admin(), "/v1/plans/default", &plan).await.json::<Value>(StatusCode::OK);
    made(&tenant.client, "alpha").await;
    let (status, code, _error) =
        refused(&tenant.client.post_json("/agents", &json!({ "name": "beta" })).await);
    assert_eq!((status, code.as_str()), (403, "plan-full"));
}

#[tokio::test]
async fn an_agent_is_made_once_under_one_key() {
    let (_app, tenant) = world().await;
    let client = tenant.client.clone().with(http::HeaderName::from_static("idempotency-key"), "k1");
    let body = json!({ "name": "alpha" });
    let first: Value = client.post_json("/agents", &body).await.json(StatusCode::CREATED);
    let again = client.post_json("/agents", &body).await;
    assert_eq!(again.json::<Value>(StatusCode::CREATED), first);
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn credentials_of_a_channel_reach_the_gateways_configuration_and_are_shown_to_nobody() {
    let (app, tenant) = world().await;
    let client = &tenant.client;
    let id = placed(&app, client, "alpha").await;
    let path = format!("/agents/{id}/channels");
    let body =
        json!({ "channel_kind": "telegram", "credentials": { "bot_token": "12345:the-token-itself" } });
    let channel: Value = client.post_json(&path, &body).await.json(StatusCode::CREATED);
    assert_eq!(
        channel,
        json!({ "id": "telegram", "agent_id": id.to_string(), "channel_kind": "telegram", "enabled": true })
    );
    let list = client.get(&path).await;
    assert!(!list.text().contains("the-token"), "{}", list.text());
    assert_eq!(list.json::<Value>(StatusCode::OK), json!([channel]));
    let shown = client.get("/v1/boxes/alpha/config").await;
    assert!(shown.text().contains("telegram") && !shown.text().contains("the-token"), "{}", shown.text());
    app.settle().await;
    let spec = app.provider.spec(id).unwrap();
    let given = spec.files.iter().find(|file| file.path.ends_with("openclaw.json")).unwrap();
    let given: Value = serde_json::from_slice(&given.content).unwrap();
    let expected = json!({ "botToken": "12345:the-token-itself", "enabled": true });
    assert_eq!(given["channels"]["telegram"], expected, "the gateway has it");

    assert_eq!(refused(&client.post_json(&path, &body).await).0, 409, "an agent has one of each kind");
    let unknown = json!({ "channel_kind": "pigeon", "credentials": {} });
    assert_eq!(refused(&client.post_json(&path, &unknown).await).0, 400);
    let wrong = json!({ "channel_kind": "slack", "credentials": { "no_such_thing": "x" } });
    assert_eq!(refused(&client.post_json(&path, &wrong).await).0, 400, "the gateway would refuse it");
    assert_eq!(client.delete(&format!("{path}/telegram")).await.status, 204);
    assert_eq!(refused(&client.delete(&format!("{path}/telegram")).await).0, 404);
    assert_eq!(client.get(&path).await.json::<Value>(StatusCode::OK), json!([]));
}

#[tokio::test]
async fn a_list_of_denied_tools_takes_nothing_of_the_platforms_away() {
    let (app, tenant) = world().await;
    let client = &tenant.client;
    let id = placed(&app, client, "alpha").await;
    let path = format!("/agents/{id}/config");
    assert_eq!(put(client, &path, &json!({ "tools_deny": ["exec", "browser"] })).await.status, 204);
    assert_eq!(put(client, &path, &json!({ "model": "test" })).await.status, 204);
    let config: Value = client.get("/v1/boxes/alpha/config").await.json(StatusCode::OK);
    assert_eq!(config["config"]["tools"]["deny"], json!(["exec", "browser"]), "a model does not replace it");
    assert_eq!(config["effective"]["gateway"]["terminal"]["enabled"], json!(false));
    assert_eq!(config["effective"]["discovery"]["mdns"]["mode"], json!("off"));
    let primary = config["config"]["agents"]["defaults"]["model"]["primary"].as_str().unwrap();
    assert!(primary.ends_with("/test"), "{primary}");
    let (status, _code, error) = refused(&put(client, &path, &json!({ "model": "gpt-0" })).await);
    assert_eq!(status, 400);
    assert!(error.contains("`test`"), "{error}");
}

#[tokio::test]
async fn who_is_asked_for_sees_themselves() {
    let (app, tenant) = world().await;
    let me: Value = tenant.client.get("/users/me").await.json(StatusCode::OK);
    assert_eq!(
        (&me["id"], &me["role"], &me["status"]),
        (&json!(tenant.owner), &json!("owner"), &json!("active"))
    );
    assert_eq!(me["plan"]["name"], "default");
    assert_eq!(refused(&app.admin().get("/users/me").await).0, 404, "the admin secret is no person");
}

#[tokio::test]
async fn a_long_list_of_agents_says_where_it_goes_on() {
    let (app, tenant) = world().await;
    for name in ["a", "b", "c"] {
        made(&tenant.client, name).await;
        app.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    let page = tenant.client.get("/agents?limit=2").await;
    assert_eq!(page.json::<Vec<Value>>(StatusCode::OK).len(), 2);
    let rest = tenant.client.get(&format!("/agents?cursor={}", page.header("x-next-cursor"))).await;
    let rest = rest.json::<Vec<Value>>(StatusCode::OK);
    assert_eq!((rest.len(), &rest[0]["name"]), (1, &json!("c")));
}
