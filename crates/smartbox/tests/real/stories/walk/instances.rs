//! Instances and settings (Claworc, first generation).

use serde_json::json;

use super::{Case, Walk};

const INSTANCES: &str = "/api/v1/instances";
const INSTANCE: &[&str] = &[
    "/id",
    "/name",
    "/display_name",
    "/status",
    "/cpu_limit",
    "/memory_limit",
    "/control_url",
    "/gateway_token",
];

pub(super) async fn walk(walk: &Walk) {
    walk.ask(&Case { path: INSTANCES, status: 401, fields: &["/detail"], ..Case::default() });
    let body = json!({ "display_name": "Bravo", "cpu_limit": "1000m", "memory_limit": "2Gi" });
    let made = walk.owner("POST", INSTANCES, Some(body.clone()), 201, INSTANCE);
    assert_eq!(made["name"], "bot-bravo");
    walk.owner("POST", INSTANCES, Some(body), 409, &["/detail"]);
    walk.owner("POST", INSTANCES, Some(json!({ "display_name": "" })), 400, &["/detail"]);
    walk.owner("GET", INSTANCES, None, 200, &["/0/id", "/1/id"]);
    let path = format!("{INSTANCES}/{}", made["id"].as_str().unwrap());
    let at = |rest: &str| format!("{path}{rest}");
    walk.platform.wait_for_phase("bot-bravo", "running").await;
    walk.owner("GET", &path, None, 200, INSTANCE);
    let keys = json!({ "api_keys": { "BRAVE_API_KEY": "a-brave-key-of-its-own" } });
    walk.owner("PUT", &path, Some(keys), 200, &["/has_brave_override", "/api_key_overrides/0"]);
    walk.owner("GET", &at("/config"), None, 200, &["/config"]);
    let set = walk.owner(
        "PUT",
        &at("/config"),
        Some(json!({ "config": "{\"tools\": {\"deny\": [\"browser\"]}}" })),
        200,
        &["/config"],
    );
    assert_eq!(set["restarted"], true);
    walk.owner("PUT", &at("/config"), Some(json!({ "config": "no json" })), 400, &["/detail"]);
    walk.owner("GET", &at("/logs?tail=100&follow=false"), None, 200, &[]);
    for (action, word) in [("stop", "stopping"), ("start", "running"), ("restart", "restarting")] {
        let begun = walk.owner("POST", &at(&format!("/{action}")), None, 200, &["/status"]);
        assert_eq!(begun["status"], word);
    }
    walk.owner("GET", "/api/v1/settings", None, 200, &["/anthropic_api_key", "/api_keys"]);
    let set = json!({ "openai_api_key": "sk-not-a-real-key-1234" });
    let set = walk.owner("PUT", "/api/v1/settings", Some(set), 200, &["/openai_api_key"]);
    assert_eq!(set["openai_api_key"], "****1234");
    walk.owner("DELETE", &path, None, 204, &[]);
    walk.owner("GET", &path, None, 404, &["/detail"]);
}
