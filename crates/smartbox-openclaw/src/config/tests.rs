use proptest::prelude::*;

use super::*;

fn model(api: ModelApi, id: &str) -> Model {
    Model {
        api,
        id: id.to_owned(),
        name: id.to_uppercase(),
        context_window: 200_000,
        max_tokens: 8_000,
        reasoning: false,
        images: true,
    }
}

fn config() -> GatewayConfig {
    let models = ModelConfig::new(
        model(ModelApi::AnthropicMessages, "claude"),
        vec![model(ModelApi::OpenAiCompletions, "openai/gpt")],
    );
    GatewayConfig::new(models, GatewayCredential::new(&SecretString::from("token")))
}

fn with_overlay(overlay: Value) -> GatewayConfig {
    let Value::Object(overlay) = overlay else { panic!("an overlay is an object") };
    GatewayConfig { overlay: Some(overlay), ..config() }
}

#[test]
fn the_rendered_file_is_as_documented() {
    insta::assert_snapshot!(String::from_utf8(config().render()).unwrap());
}

#[test]
fn the_file_of_a_box_is_rendered_from_models_and_token_alone() {
    assert_eq!(render(&config().models, &SecretString::from("token"), None), config().render());
}

#[test]
fn a_provider_without_models_is_left_out() {
    let models = ModelConfig::new(model(ModelApi::OpenAiCompletions, "gpt"), Vec::new());
    let document = GatewayConfig { models, ..config() }.to_value();
    assert_eq!(document["models"]["providers"].as_object().unwrap().len(), 1);
    assert_eq!(document["agents"]["defaults"]["model"]["primary"], "smartbox-openai/gpt");
}

#[test]
fn an_overlay_adds_what_is_the_owners() {
    let config = with_overlay(json!({
        "channels": { "telegram": { "enabled": true } },
        "agents": { "defaults": { "model": { "primary": "smartbox-openai/openai/gpt" } } },
        "gateway": { "controlUi": { "environment": { "label": "lab" } } },
        "logging": { "level": "debug" },
    }));
    let document = config.to_value();
    assert_eq!(document["channels"]["telegram"]["enabled"], true);
    assert_eq!(document["agents"]["defaults"]["model"]["primary"], "smartbox-openai/openai/gpt");
    assert_eq!(document["gateway"]["controlUi"]["environment"]["label"], "lab");
    assert_eq!(document["logging"]["level"], "debug");
    assert_eq!(config.ignored(), []);
}

#[test]
fn what_has_no_effect_is_named() {
    let config = with_overlay(json!({
        "gateway": { "bind": "lan", "controlUi": { "allowedOrigins": ["*"] } },
        "agents": { "entries": { "main": { "heartbeat": { "every": "1m" }, "name": "Ada" } } },
        "channels": { "slack": { "dangerouslyAllowNameMatching": true } },
        "env": { "vars": { "NODE_OPTIONS": "--require /tmp/x.js", "CITY": "Oslo" } },
        "$include": "/etc/passwd",
    }));
    let mut ignored: Vec<_> = config.ignored().into_iter().map(|refused| refused.path).collect();
    ignored.sort();
    assert_eq!(
        ignored,
        [
            "$include",
            "agents.entries.main.heartbeat",
            "channels.slack.dangerouslyAllowNameMatching",
            "env.vars.NODE_OPTIONS",
            "gateway.bind",
            "gateway.controlUi.allowedOrigins",
        ]
    );
    let document = config.to_value();
    assert_eq!(document["agents"]["entries"]["main"], json!({ "name": "Ada" }));
    assert_eq!(document["env"]["vars"], json!({ "CITY": "Oslo" }));
}

#[test]
fn the_administrative_plugin_cannot_be_locked_out() {
    let document = with_overlay(json!({
        "plugins": { "allow": ["telegram"], "deny": ["admin-http-rpc", "x"], "entries": null },
    }))
    .to_value();
    assert_eq!(document["plugins"]["allow"], json!(["telegram", "admin-http-rpc"]));
    assert_eq!(document["plugins"]["deny"], json!(["x"]));
    assert_eq!(document["plugins"]["entries"]["admin-http-rpc"], json!({ "enabled": true }));
}

/// Keys that matter, so that random overlays hit what they should not.
const KNOWN_KEYS: &[&str] = &[
    "gateway",
    "auth",
    "mode",
    "bind",
    "port",
    "trustedProxies",
    "trustedProxy",
    "userHeader",
    "identityScopes",
    "admin",
    "deviceAutoApprove",
    "scopes",
    "controlUi",
    "allowedOrigins",
    "environment",
    "reload",
    "terminal",
    "enabled",
    "models",
    "providers",
    "smartbox",
    "agents",
    "defaults",
    "entries",
    "list",
    "main",
    "heartbeat",
    "every",
    "workspace",
    "update",
    "discovery",
    "logging",
    "file",
    "plugins",
    "allow",
    "deny",
    "admin-http-rpc",
    "env",
    "shellEnv",
    "vars",
    "NODE_OPTIONS",
    "$include",
    "dangerouslyAllowHostHeaderOriginFallback",
];

fn any_key() -> impl Strategy<Value = String> {
    prop_oneof![9 => proptest::sample::select(KNOWN_KEYS).prop_map(str::to_owned), 1 => "[a-z]{1,6}"]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u16>().prop_map(Value::from),
        any_key().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(any_key(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_overlay() -> impl Strategy<Value = Map<String, Value>> {
    proptest::collection::btree_map(any_key(), any_value(), 0..8).prop_map(|map| map.into_iter().collect())
}

#[test]
fn an_environment_that_holds_nothing_is_left_out() {
    let overlay = json!({ "env": { "shellEnv": { "enabled": true } } }).as_object().cloned();
    assert_eq!(GatewayConfig { overlay, ..config() }.to_value().get("env"), None);
    let overlay = json!({ "env": { "vars": { "A": "1" } } }).as_object().cloned();
    assert_eq!(GatewayConfig { overlay, ..config() }.to_value()["env"], json!({ "vars": { "A": "1" } }));
}

/// Everything the platform depends on.
fn mandatory(document: &Value) -> Vec<Value> {
    let mut gateway = document["gateway"].clone();
    let map = gateway.as_object_mut().unwrap();
    map.remove("reload");
    map.remove("cliAgents");
    map["controlUi"].as_object_mut().unwrap().remove("environment");
    let pointers = [
        "/models",
        "/update",
        "/discovery",
        "/agents/defaults/heartbeat",
        "/agents/defaults/workspace",
        "/logging/file",
        "/plugins/enabled",
        "/plugins/entries/admin-http-rpc",
        "/env/shellEnv",
    ];
    let parts = pointers.map(|pointer| document.pointer(pointer).cloned().unwrap_or_default());
    std::iter::once(gateway).chain(parts).collect()
}

fn all_keys(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                keys.push(key.clone());
                all_keys(value, keys);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all_keys(item, keys)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn no_overlay_changes_what_the_platform_depends_on(overlay in any_overlay()) {
        let plain = config().to_value();
        let document = GatewayConfig { overlay: Some(overlay), ..config() }.to_value();
        prop_assert_eq!(mandatory(&document), mandatory(&plain));
        let mut keys = Vec::new();
        all_keys(&document, &mut keys);
        prop_assert!(keys.iter().all(|key| !key.starts_with("dangerously") && key != "$include"));
        prop_assert!(document["plugins"]["deny"].as_array().is_none_or(|denied| !denied.contains(&json!("admin-http-rpc"))));
    }
}
