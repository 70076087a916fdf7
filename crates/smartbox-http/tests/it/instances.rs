//! The instances API of an older platform.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_testkit::{Answer, Client, TestApp};

const INSTANCES: &str = "/api/v1/instances";
const SETTINGS: &str = "/api/v1/settings";

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.change_json(Method::PUT, path, body).await
}

/// Status and code of a refusal, whose `detail` is there.
fn refused(answer: &Answer) -> (u16, String) {
    let problem = answer.problem();
    assert!(problem.detail.is_some(), "{problem:?}");
    (problem.status, problem.code)
}

#[tokio::test]
async fn an_instance_is_made_with_keys_and_size_and_shows_no_secret() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let body = json!({
        "display_name": "My Bot", "cpu_request": "500m", "cpu_limit": "2000m", "memory_request": "1Gi",
        "memory_limit": "3Gi", "storage_homebrew": "10Gi", "anthropic_api_key": "sk-ant-0123456789abcdef",
        "api_keys": { "GEMINI_API_KEY": "a-gemini-key-of-its-own" }, "brave_api_key": null, "container_image": null,
    });
    let answer = owner.post_json(INSTANCES, &body).await;
    assert!(
        !answer.text().contains("0123456789") && !answer.text().contains("gemini-key"),
        "{}",
        answer.text()
    );
    let made: Value = answer.json(StatusCode::CREATED);
    assert_eq!((&made["name"], &made["status"]), (&json!("bot-my-bot"), &json!("creating")));
    assert_eq!((&made["cpu_limit"], &made["memory_limit"]), (&json!("2000m"), &json!("3072Mi")));
    assert_eq!(
        (&made["has_anthropic_override"], &made["has_openai_override"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(made["api_key_overrides"], json!(["ANTHROPIC_API_KEY", "GEMINI_API_KEY"]));
    assert_eq!(
        (&made["gateway_token"], &made["control_url"]),
        (&json!(""), &json!(format!("/b/{}/", made["id"].as_str().unwrap())))
    );
    app.settle().await;
    let path = format!("{INSTANCES}/{}", made["id"].as_str().unwrap());
    assert_eq!(owner.get(&path).await.json::<Value>(StatusCode::OK)["status"], "running");
    let spec = app.provider.spec(made["id"].as_str().unwrap().parse().unwrap()).unwrap();
    let files: Vec<String> =
        spec.files.iter().map(|file| String::from_utf8_lossy(&file.content).into_owned()).collect();
    assert!(files.iter().all(|file| !file.contains("sk-ant-0123456789")), "a key of models enters no box");
    assert!(
        files.iter().any(|file| file.contains("a-gemini-key-of-its-own")),
        "another is in its environment"
    );
    assert_eq!(owner.get(INSTANCES).await.json::<Vec<Value>>(StatusCode::OK).len(), 1);
}

#[tokio::test]
async fn what_is_wrong_with_an_instance_is_a_400_and_nothing_is_made() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    for (field, value) in [
        ("display_name", json!("!!")),
        ("cpu_limit", json!("lots")),
        ("memory_limit", json!("4 GB")),
        ("memory_limit", json!("900Gi")),
        ("container_image", json!("ubuntu")),
        ("vnc_resolution", json!("1920x1080")),
        ("default_model", json!("gpt-0")),
        ("api_keys", json!({ "PATH": "a-value-of-some-length" })),
    ] {
        let mut body = json!({ "display_name": "Alpha" });
        body[field] = value.clone();
        let answer = owner.post_json(INSTANCES, &body).await;
        assert_eq!(refused(&answer), (400, "invalid".to_owned()), "{field} {value}");
        assert_eq!(answer.problem().errors[0].field, field);
    }
    app.settle().await;
    assert_eq!(owner.get(INSTANCES).await.json::<Value>(StatusCode::OK), json!([]), "nothing is left");
    let body = json!({ "display_name": "Alpha" });
    owner.post_json(INSTANCES, &body).await.json::<Value>(StatusCode::CREATED);
    assert_eq!(refused(&owner.post_json(INSTANCES, &body).await), (409, "name-taken".to_owned()));
}

#[tokio::test]
async fn an_instance_is_stopped_started_restarted_and_deleted() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "alpha").await;
    let path = format!("{INSTANCES}/alpha");
    for (action, word, after) in [
        ("stop", "stopping", "stopped"),
        ("start", "running", "running"),
        ("restart", "restarting", "running"),
    ] {
        let begun: Value = owner.post(&format!("{path}/{action}")).await.json(StatusCode::OK);
        assert_eq!(begun, json!({ "status": word }));
        app.settle().await;
        assert_eq!(owner.get(&path).await.json::<Value>(StatusCode::OK)["status"], after);
    }
    assert_eq!(owner.delete(&path).await.status, 204);
    assert_eq!(refused(&owner.get(&path).await).0, 404);
}

#[tokio::test]
async fn statement_30_a_configuration_is_changed_and_the_data_stays() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let id = smartbox_testkit::id_of(&app.running_box(&owner, "alpha").await);
    let home = app.provider.home_of(id);
    std::fs::create_dir_all(home.join("workspace")).unwrap();
    std::fs::write(home.join("workspace/MEMORY.md"), "all of it").unwrap();
    let before = std::fs::metadata(home.join("workspace/MEMORY.md")).unwrap();
    let path = format!("{INSTANCES}/alpha/config");
    let body = json!({ "config": "{\"messages\": {\"ackReaction\": \"eyes\"}}" });
    let set: Value = put(&owner, &path, &body).await.json(StatusCode::OK);
    assert_eq!(set["restarted"], true);
    app.settle().await;
    let shown: Value = owner.get(&path).await.json(StatusCode::OK);
    assert_eq!(shown["config"], set["config"]);
    let document: Value = serde_json::from_str(shown["config"].as_str().unwrap()).unwrap();
    assert_eq!(document, json!({ "messages": { "ackReaction": "eyes" } }));
    let after = std::fs::metadata(home.join("workspace/MEMORY.md")).unwrap();
    assert_eq!(
        (std::os::unix::fs::MetadataExt::ino(&after), after.modified().unwrap()),
        (std::os::unix::fs::MetadataExt::ino(&before), before.modified().unwrap())
    );
    for bad in ["not json", "[]", "{\"gateway\": {\"bind\": \"lan\"}}"] {
        assert_eq!(refused(&put(&owner, &path, &json!({ "config": bad })).await).0, 400, "{bad}");
    }
    let kept: Value = owner.get(&path).await.json(StatusCode::OK);
    assert_eq!(kept, shown, "what is refused changes nothing");
    owner.post(&format!("{INSTANCES}/alpha/stop")).await;
    app.settle().await;
    let later: Value = put(&owner, &path, &json!({ "config": "{}" })).await.json(StatusCode::OK);
    assert_eq!(later["restarted"], false, "it does not run");
}

#[tokio::test]
async fn the_log_of_an_instance_is_streamed() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let id = smartbox_testkit::id_of(&app.running_box(&owner, "alpha").await);
    app.provider.write_log(id, smartbox_provider::LogSource::Gateway, "one\ntwo\n");
    let mut lines = owner.events(&format!("{INSTANCES}/alpha/logs?tail=1&follow=false")).await;
    assert_eq!(lines.next().await.unwrap().data, "two");
    assert_eq!(lines.next().await.unwrap().name, "end");
}

#[tokio::test]
async fn keys_of_the_settings_are_masked_kept_and_taken_away() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let empty: Value = owner.get(SETTINGS).await.json(StatusCode::OK);
    assert_eq!((&empty["anthropic_api_key"], &empty["api_keys"]), (&json!(""), &json!({})));
    let body = json!({
        "anthropic_api_key": "sk-ant-0123456789abcdef", "brave_api_key": "brave-0123456789-wxyz",
        "api_keys": { "GEMINI_API_KEY": "gemini-0123456789-qrst" },
    });
    let answer = put(&owner, SETTINGS, &body).await;
    assert!(!answer.text().contains("0123456789"), "{}", answer.text());
    let set: Value = answer.json(StatusCode::OK);
    assert_eq!((&set["anthropic_api_key"], &set["brave_api_key"]), (&json!("****cdef"), &json!("****wxyz")));
    assert_eq!(set["api_keys"]["GEMINI_API_KEY"], "****qrst");
    let providers = owner.get("/v1/models/providers/anthropic").await.json::<Value>(StatusCode::OK);
    assert_eq!(providers["dialect"], "anthropic", "it is the org's provider");

    // What was shown is sent back by forms that know no better.
    let same: Value =
        put(&owner, SETTINGS, &json!({ "anthropic_api_key": "****cdef" })).await.json(StatusCode::OK);
    assert_eq!(same, set);
    let body = json!({ "delete_api_keys": ["GEMINI_API_KEY"], "openai_api_key": "sk-0123456789-openai" });
    let less: Value = put(&owner, SETTINGS, &body).await.json(StatusCode::OK);
    assert_eq!(
        (&less["api_keys"]["GEMINI_API_KEY"], &less["openai_api_key"]),
        (&Value::Null, &json!("****enai"))
    );
    let problem = put(&owner, SETTINGS, &json!({ "default_cpu_limit": "4" })).await;
    assert_eq!(refused(&problem), (400, "invalid".to_owned()));
    assert_eq!(put(&owner, SETTINGS, &json!({ "no_such": 1 })).await.problem().errors[0].field, "no_such");
}

#[tokio::test]
async fn statement_31_a_key_of_an_instance_comes_before_that_of_the_settings() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "alpha").await;
    put(
        &owner,
        SETTINGS,
        &json!({ "api_keys": {
        "ANTHROPIC_API_KEY": "sk-ant-of-the-org-0001", "GEMINI_API_KEY": "gemini-of-the-org-0002",
    } }),
    )
    .await
    .json::<Value>(StatusCode::OK);
    let path = format!("{INSTANCES}/alpha");
    assert_eq!(owner.get(&path).await.json::<Value>(StatusCode::OK)["api_key_overrides"], json!([]));
    let own = json!({ "api_keys": { "ANTHROPIC_API_KEY": "sk-ant-of-the-box-0003", "GEMINI_API_KEY": "gemini-of-the-box-0004" } });
    let changed: Value = put(&owner, &path, &own).await.json(StatusCode::OK);
    assert_eq!(changed["api_key_overrides"], json!(["ANTHROPIC_API_KEY", "GEMINI_API_KEY"]));
    let nearest: Value = owner.get("/v1/models/providers?box=alpha").await.json(StatusCode::OK);
    let first = nearest["items"].as_array().unwrap().iter().find(|one| one["name"] == "anthropic").unwrap();
    assert_eq!(
        (&first["scope"], first["key_hint"].as_str().unwrap().ends_with("0003")),
        (&json!("box"), true)
    );
    owner.post(&format!("{path}/restart")).await;
    app.settle().await;
    let id = smartbox_testkit::id_of(&app.show(&owner, "alpha").await);
    let spec = app.provider.spec(id).unwrap();
    let text: String =
        spec.files.iter().map(|file| String::from_utf8_lossy(&file.content).into_owned()).collect();
    assert!(text.contains("gemini-of-the-box-0004") && !text.contains("gemini-of-the-org-0002"));
    let gone = json!({ "api_keys": { "ANTHROPIC_API_KEY": null, "GEMINI_API_KEY": "" } });
    let changed: Value = put(&owner, &path, &gone).await.json(StatusCode::OK);
    assert_eq!(changed["api_key_overrides"], json!([]));
}
