//! Secrets: set, listed, removed, never shown; where they are put in; and the key that they are sealed with.

use http::header::{ETAG, IF_MATCH};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{BoxView, InjectionsView, KeyRotationView, SecretList, SecretView, WhyView};
use smartbox_testkit::{Answer, Client, TestApp};

const OF_BOX: &str = "/v1/boxes/home/secrets/GITHUB_TOKEN";
const OF_ORG: &str = "/v1/orgs/me/secrets/GITHUB_TOKEN";
const RULES: &str = "/v1/boxes/home/injections";
const VALUE: &str = "ghp_a-value-that-nobody-sees-1234";

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.change_json(Method::PUT, path, body).await
}

async fn names(client: &Client, path: &str) -> Vec<(String, String)> {
    let list = client.get(path).await.json::<SecretList>(StatusCode::OK);
    list.items.into_iter().map(|secret| (secret.name, secret.level)).collect()
}

#[tokio::test]
async fn a_secret_is_set_and_never_shown_again() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let answer = put(&client, OF_BOX, &json!({ "value": VALUE })).await;
    assert_eq!(answer.header(ETAG), "\"1\"");
    let set = answer.json::<SecretView>(StatusCode::OK);
    assert_eq!(
        (set.name.as_str(), set.level.as_str(), set.delivery.as_str()),
        ("GITHUB_TOKEN", "box", "injection")
    );
    assert_eq!(
        (set.last_four.as_deref(), set.placeholder.as_str()),
        (Some("1234"), "sbx-placeholder-GITHUB_TOKEN")
    );
    for path in [OF_BOX, "/v1/boxes/home/secrets", "/v1/boxes/home/timeline", "/v1/audit", "/v1/boxes/home"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let text = answer.json::<Value>(StatusCode::OK).to_string();
        assert!(!text.contains("nobody-sees"), "{path}: {text}");
    }
    assert!(app.logged().iter().all(|line| !line.contains("nobody-sees")));
    let told = client.get("/v1/boxes/home/timeline").await.json::<Value>(StatusCode::OK);
    assert_eq!(
        (&told["items"][0]["action"], &told["items"][0]["detail"]["name"]),
        (&json!("secret.set"), &json!("GITHUB_TOKEN"))
    );
    assert_eq!(client.delete(OF_BOX).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.get(OF_BOX).await.problem().code, "secret-not-found");
    assert_eq!(client.delete(OF_BOX).await.problem().code, "secret-not-found");
}

#[tokio::test]
async fn the_nearest_one_counts_and_is_the_one_that_is_listed() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    put(&client, OF_ORG, &json!({ "value": VALUE })).await.json::<SecretView>(StatusCode::OK);
    put(&client, "/v1/orgs/me/secrets/STRIPE_KEY", &json!({ "value": "x" }))
        .await
        .json::<SecretView>(StatusCode::OK);
    put(&client, OF_BOX, &json!({ "value": VALUE })).await.json::<SecretView>(StatusCode::OK);
    let pair = |name: &str, level: &str| (name.to_owned(), level.to_owned());
    assert_eq!(
        names(&client, "/v1/boxes/home/secrets").await,
        [pair("GITHUB_TOKEN", "box"), pair("STRIPE_KEY", "org")]
    );
    assert_eq!(
        names(&client, "/v1/orgs/me/secrets").await,
        [pair("GITHUB_TOKEN", "org"), pair("STRIPE_KEY", "org")]
    );
    let inherited = client.get("/v1/boxes/home/secrets/STRIPE_KEY").await.json::<SecretView>(StatusCode::OK);
    assert_eq!(inherited.level, "org");
    // What the org gave is the org's to take away.
    let problem = client.delete("/v1/boxes/home/secrets/STRIPE_KEY").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (404, "secret-not-found"));
}

#[tokio::test]
async fn wrong_names_and_values_are_named_and_not_repeated() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    for (name, body, field) in [
        ("github_token", json!({ "value": VALUE }), "name"),
        ("NODE_OPTIONS", json!({ "value": VALUE }), "name"),
        ("LD_PRELOAD", json!({ "value": VALUE }), "name"),
        ("TOKEN", json!({ "value": "" }), "value"),
        ("TOKEN", json!({ "value": format!("{VALUE}\0") }), "value"),
        ("TOKEN", json!({ "value": VALUE.repeat(1000) }), "value"),
        ("TOKEN", json!({ "value": VALUE, "delivery": "post" }), "delivery"),
    ] {
        let problem = put(&client, &format!("/v1/boxes/home/secrets/{name}"), &body).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{name}");
        assert!(!format!("{problem:?}").contains("nobody-sees"), "{problem:?}");
    }
    assert!(names(&client, "/v1/boxes/home/secrets").await.is_empty());
}

#[tokio::test]
async fn a_change_that_rests_on_an_older_version_is_refused() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let bound = client.clone().with(IF_MATCH, "\"0\"");
    put(&bound, OF_BOX, &json!({ "value": "one" })).await.json::<SecretView>(StatusCode::OK);
    let stale = put(&bound, OF_BOX, &json!({ "value": "two" })).await.problem();
    assert_eq!((stale.status, stale.code.as_str()), (412, "version-mismatch"));
    put(&client, RULES, &json!({ "rules": ["https://a.example secret=A path"] }))
        .await
        .json::<InjectionsView>(StatusCode::OK);
    let stale = put(&bound, RULES, &json!({ "rules": [] })).await.problem();
    assert_eq!((stale.status, stale.code.as_str()), (412, "version-mismatch"));
}

#[tokio::test]
async fn a_box_is_started_with_placeholders_and_with_what_is_meant_for_its_environment() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    put(&client, OF_ORG, &json!({ "value": VALUE })).await.json::<SecretView>(StatusCode::OK);
    let environment = json!({ "value": "in-the-open", "delivery": "environment" });
    put(&client, "/v1/orgs/me/secrets/SENTRY_DSN", &environment).await.json::<SecretView>(StatusCode::OK);
    let made = app.created_box(&client, "home").await;
    app.settle().await;
    let spec = app.provider.spec(smartbox_testkit::id_of(&made.smartbox)).unwrap();
    let text = |path: &str| {
        let file = spec.files.iter().find(|file| file.path == path).unwrap();
        String::from_utf8(file.content.clone()).unwrap()
    };
    let boxd: Value = serde_json::from_str(&text("/run/smartbox/boxd.json")).unwrap();
    let has = |env: &Value, name: &str, value: &str| env.as_array().unwrap().contains(&json!([name, value]));
    assert!(has(&boxd["gateway"]["env"], "GITHUB_TOKEN", "sbx-placeholder-GITHUB_TOKEN"), "{boxd}");
    assert!(has(&boxd["exec_env"], "GITHUB_TOKEN", "sbx-placeholder-GITHUB_TOKEN"), "{boxd}");
    assert!(has(&boxd["gateway"]["env"], "SENTRY_DSN", "in-the-open"), "{boxd}");
    assert!(!boxd["exec_env"].to_string().contains("SENTRY_DSN"), "{boxd}");
    for file in &spec.files {
        assert!(!String::from_utf8_lossy(&file.content).contains("nobody-sees"), "{}", file.path);
        assert!(!file.path.contains("egress-ca"), "no rule needs an authority");
    }
}

#[tokio::test]
async fn a_rule_with_https_waits_until_the_box_trusts_its_own_authority() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let made = app.created_box(&client, "home").await;
    app.settle().await;
    let rules = json!({ "rules": ["https://API.GitHub.com secret=GITHUB_TOKEN header=Authorization"] });
    let set = put(&client, RULES, &rules).await.json::<InjectionsView>(StatusCode::OK);
    assert_eq!(set.rules, ["https://api.github.com/ secret=GITHUB_TOKEN header=authorization"]);
    assert!(set.waits_for_restart);
    let waits = async || {
        let why: WhyView = client.get("/v1/boxes/home/why").await.json(StatusCode::OK);
        why.reasons.iter().any(|reason| {
            reason.code == "waits-for-restart" && reason.text.contains("`smartbox box restart`")
        })
    };
    assert!(waits().await);
    client.post("/v1/boxes/home/restart").await.json::<Value>(StatusCode::ACCEPTED);
    app.settle().await;
    let spec = app.provider.spec(smartbox_testkit::id_of(&made.smartbox)).unwrap();
    let text = |path: &str| {
        let file = spec.files.iter().find(|file| file.path == path).unwrap();
        String::from_utf8(file.content.clone()).unwrap()
    };
    let authority = text("/run/smartbox/egress-ca.pem");
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"), "{authority}");
    assert!(text("/run/smartbox/ca-bundle.pem").ends_with(&authority));
    assert!(text("/run/smartbox/boxd.json").contains("NODE_EXTRA_CA_CERTS"));
    assert!(
        spec.files.iter().all(|file| !String::from_utf8_lossy(&file.content).contains("BEGIN PRIVATE KEY"))
    );
    let view = client.get(RULES).await.json::<InjectionsView>(StatusCode::OK);
    assert!(!view.waits_for_restart && !waits().await);
    let id = smartbox_testkit::id_of(&made.smartbox);
    let leaf = app.control.certify(id, "api.github.com").await.unwrap().unwrap();
    assert!(leaf.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
}

#[tokio::test]
async fn lines_that_are_no_rules_change_nothing() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    for (rules, said) in [
        (json!(["https://a.example secret=A path", "https://*.example secret=A path"]), "rule 2"),
        (json!(["https://a.example secret=A header=host"]), "header"),
        (json!(vec!["https://a.example secret=A path"; 65]), "at most 64"),
    ] {
        let problem = put(&client, RULES, &json!({ "rules": rules })).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "rules"));
        assert!(problem.errors[0].message.contains(said), "{problem:?}");
    }
    assert_eq!(client.get(RULES).await.json::<InjectionsView>(StatusCode::OK).version, 0);
}

#[tokio::test]
async fn a_token_of_one_box_does_not_send_secrets_of_the_org_anywhere() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let made = app.created_box(&owner.client, "home").await;
    put(&owner.client, OF_ORG, &json!({ "value": VALUE })).await.json::<SecretView>(StatusCode::OK);
    let body = json!({ "name": "link", "scopes": ["boxes:read", "boxes:manage"], "box": made.smartbox.id });
    let token: smartbox_api::CreatedToken =
        owner.client.post_json("/v1/tokens", &body).await.json(StatusCode::CREATED);
    let program = app.anonymous().with_bearer(&token.secret);
    let steal = json!({ "rules": ["https://evil.example/ secret=GITHUB_TOKEN header=x-stolen"] });
    assert_eq!(put(&program, RULES, &steal).await.problem().code, "missing-permission");
    assert_eq!(put(&program, OF_ORG, &json!({ "value": "mine" })).await.problem().code, "missing-permission");
    put(&program, OF_BOX, &json!({ "value": "of its own box" })).await.json::<SecretView>(StatusCode::OK);
}

#[tokio::test]
async fn the_key_is_rotated_by_the_platforms_admin_and_everything_goes_on() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    app.settle().await;
    put(&client, OF_BOX, &json!({ "value": VALUE })).await.json::<SecretView>(StatusCode::OK);
    assert_eq!(client.post("/v1/sealing-key/rotate").await.problem().code, "admin-only");
    let done = app.admin().post("/v1/sealing-key/rotate").await.json::<KeyRotationView>(StatusCode::OK);
    assert!(done.old_keys_gone && done.resealed >= 4, "{done:?}");
    client.post("/v1/boxes/home/restart").await.json::<Value>(StatusCode::ACCEPTED);
    app.settle().await;
    let view = client.get("/v1/boxes/home").await.json::<BoxView>(StatusCode::OK);
    assert_eq!(view.phase, "running");
    let id = smartbox_testkit::id_of(&view);
    let value = app.control.reveal_secret(id, &"GITHUB_TOKEN".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&value), VALUE);
}
