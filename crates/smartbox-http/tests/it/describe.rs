//! Every route, as the OpenAPI document describes it. Tests that walk over all routes walk over these.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request};
use serde_json::{Value, json};
use smartbox_testkit::{AVAILABLE_RUNTIME, Client, NEWER_RUNTIME, OLDER_RUNTIME};

/// One route.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) id: String,
    has_body: bool,
    /// Types that a body may have.
    bodies: Vec<String>,
    /// Where its parameters are, and their names.
    parameters: Vec<(String, String)>,
}

/// Every route of the document, in its order.
pub(crate) fn routes() -> Vec<Route> {
    let document = serde_json::to_value(smartbox_http::openapi()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let id = operation["operationId"].as_str().expect("every operation has an id").to_owned();
            let has_body = operation.get("requestBody").is_some();
            let bodies = operation["requestBody"]["content"].as_object();
            let bodies = bodies.into_iter().flat_map(|content| content.keys().cloned()).collect();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let parameters = parameters.map(|one| (text(&one["in"]), text(&one["name"]))).collect();
            routes.push(Route { method, path: path.clone(), id, has_body, bodies, parameters });
        }
    }
    assert!(routes.len() > 20, "the document describes the routes");
    routes
}

impl Route {
    /// Whether the document names such a parameter: in `query`, `header` or `path`.
    pub(crate) fn takes(&self, place: &str, name: &str) -> bool {
        self.parameters.iter().any(|(at, this)| at == place && this == name)
    }

    /// Whether its body is JSON, and has to be there.
    pub(crate) fn takes_json(&self) -> bool {
        self.bodies.iter().any(|media| media == "application/json") && !self.body_is_optional()
    }

    /// Whether it is as if it were not there, unless an operator wants it.
    pub(crate) fn is_hidden(&self) -> bool {
        self.path.starts_with("/_smartbox/debug/")
    }

    fn body_is_optional(&self) -> bool {
        self.body().is_null()
    }

    pub(crate) fn is_about(&self, parameter: &str) -> bool {
        self.path.contains(&format!("{{{parameter}}}"))
    }

    /// A request that would succeed for whoever may make it.
    pub(crate) fn request(&self, client: &Client, smartbox: &str, operation: &str) -> Request<Body> {
        let path = self
            .path
            .replace("{box}", smartbox)
            .replace("{operation}", operation)
            .replace("{code}", "not-found")
            .replace("{user}", "me")
            .replace("{token}", "tok_01932f00000070008000000000000000")
            .replace("{device}", "dev_01932f00000070008000000000000000")
            .replace("{org}", "me")
            .replace("{schedule}", "sch_01932f00000070008000000000000000")
            .replace("{webhook}", "whk_01932f00000070008000000000000000")
            .replace("{event}", "evt_01932f00000070008000000000000000")
            .replace("{name}", "NO_SUCH_TOKEN")
            .replace("{backup}", "bkp_01932f00000070008000000000000000")
            .replace("{exec}", "exe_01932f00000070008000000000000000")
            .replace("{path}", "workspace/notes.md")
            .replace("{kind}", "budget")
            .replace("{provider}", "mine")
            .replace("{plan}", "default")
            .replace("{version}", OLDER_RUNTIME)
            .replace("{rollout}", "rol_01932f00000070008000000000000000")
            .replace("{agent}", smartbox)
            .replace("{instance}", smartbox)
            .replace("{channel}", "telegram")
            .replace("{filename}", "SOUL.md")
            .replace("{id}", smartbox)
            .replace("{bulk}", "blk_01932f00000070008000000000000000")
            .replace("{message}", "msg_01932f00000070008000000000000000")
            .replace("{service}", "models")
            .replace("{tier}", "standard-1")
            .replace("{route}", "admin-api")
            .replace("{support}", "sup_01932f00000070008000000000000000")
            .replace("{session}", "ses_01932f00000070008000000000000000");
        assert!(!path.contains('{'), "{}: give its parameter a value here", self.id);
        if self.id == "importBox" {
            let mut request =
                client.request(self.method.clone(), &format!("{path}?name=another"), "no archive");
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/zstd"));
            return request;
        }
        let body = if self.has_body { self.body() } else { Value::Null };
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let mut request = client.request(self.method.clone(), &path, text);
        if !body.is_null() {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if self.id == "mcp" {
            let both = HeaderValue::from_static("application/json, text/event-stream");
            request.headers_mut().insert(http::header::ACCEPT, both);
        }
        request
    }

    /// A good body. A new route with a body needs one here.
    fn body(&self) -> Value {
        match self.id.as_str() {
            "mcp" => json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }),
            "createBox" => json!({ "name": "another" }),
            "cloneBox" => json!({ "name": "another" }),
            "setChannels" => json!({ "channels": "off" }),
            "createBackup" | "restoreBackup" => Value::Null,
            "raiseDebugLog" => json!({ "level": "debug", "for": "1m" }),
            "installRuntime" => json!({ "version": AVAILABLE_RUNTIME }),
            "createRollout" => json!({ "to": NEWER_RUNTIME, "wave": 2 }),
            "setConfig" | "patchConfig" => json!({ "messages": { "ackReaction": "eyes" } }),
            "rollBackConfig" => json!({ "version": 0 }),
            "upgradeBox" => json!({ "to": NEWER_RUNTIME }),
            "createOrg" => json!({ "name": "another" }),
            "createSignInLink" => Value::Null,
            "createTicket" => json!({ "box": "home", "path": "/b/home/" }),
            "pairDevice" => json!({ "name": "Firefox on Linux" }),
            "updateOrg" => json!({ "pairing": "auto" }),
            "openSupport" => json!({ "user": "owner", "reason": "Ticket 4711" }),
            "createToken" => json!({ "name": "deploy", "scopes": ["boxes:read"] }),
            "createUser" => json!({ "name": "bob", "role": "viewer" }),
            "setModelProvider" => json!({ "dialect": "openai", "key": "sk-0123456789abcdef" }),
            "setModelRules" => json!({ "requests_per_minute": 60 }),
            "createPlan" => json!({ "name": "starter", "limits": { "tokens": 1000 } }),
            "setPlan" => json!({ "is_default": true }),
            "setBoxBudget" | "setOrgBudget" => json!({ "day": { "tokens": 1_000_000 } }),
            "setEgress" | "setOrgEgress" | "setTierEgress" | "setPlatformEgress" => {
                json!({ "rules": ["deny *.ads.example"] })
            }
            "setBoxBackupPolicy" | "setOrgBackupPolicy" | "setTierBackupPolicy" => {
                json!({ "period": "15m", "keep_daily": 14 })
            }
            "setBoxSecret" | "setOrgSecret" => json!({ "value": "a-value-of-some-length" }),
            "setBoxInjections" | "setOrgInjections" => {
                json!({ "rules": ["https://api.example/ secret=TOKEN header=authorization"] })
            }
            "setPassword" => json!({ "password": "correct horse" }),
            "updateRoute" => json!({ "percentage": 10 }),
            "updateUser" => json!({ "role": "owner" }),
            "putFile" => json!("the content of a file"),
            "makeDirectory" => json!({ "path": "workspace/made", "parents": true }),
            "moveFile" => json!({ "from": "state", "to": "moved" }),
            "copyFile" => json!({ "from": "state", "to": "copied" }),
            "searchFiles" => json!({ "name": "notes" }),
            "batchFiles" => json!({ "operations": [{ "op": "stat", "path": "state" }] }),
            "startExec" => json!({ "argv": ["true"], "timeout_ms": 1000 }),
            "signalExec" => json!({ "signal": "INT" }),
            "resizeExec" => json!({ "cols": 80, "rows": 24 }),
            "execSync" => json!({ "argv": ["true"] }),
            "updateBox" | "updateTier" => json!({ "sleep": { "frozen_after": "20m" } }),
            "sleepBox" => json!({ "tier": "squeezed" }),
            "holdOrg" => json!({ "reason": "the invoice is open" }),
            "createSchedule" => json!({ "name": "report", "cron": "0 9 * * *", "message": { "text": "go" } }),
            "updateSchedule" => json!({ "name": "another" }),
            "createWebhook" => json!({ "url": "https://hooks.example/smartbox", "types": ["box.*"] }),
            "updateWebhook" => json!({ "description": "another" }),
            "replayWebhook" => json!({ "since": "2025-12-31T12:00:00Z" }),
            "sendMessage" => json!({ "text": "hello" }),
            "createBulkRun" => json!({ "action": "restart", "delay_ms": 0 }),
            "beginMaintenance" => json!({ "reason": "a new kernel" }),
            "signIn" => json!({ "code": "no-such-code" }),
            seed if seed.starts_with("seed") => seed_body(seed),
            other => panic!("{other}: give it a good body here"),
        }
    }
}

/// The same, of a route of an older API.
fn seed_body(id: &str) -> Value {
    match id {
        "seedSetOverageBudget" => json!({ "budget_cents": 500 }),
        "seedCreateAgent" => json!({ "name": "another" }),
        "seedPlaceAgent" => json!({ "vps_config_id": "standard-1" }),
        "seedAddChannel" => {
            json!({ "channel_kind": "telegram", "credentials": { "botToken": "1:abcdef" } })
        }
        "seedSetAgentConfig" => json!({ "tools_deny": ["exec"] }),
        "seedSetWorkspaceFile" => json!({ "content": "Be kind." }),
        "seedSetUserStatus" => json!({ "status": "active" }),
        "seedSetUserRole" => json!({ "role": "owner" }),
        "seedCreateVpsConfig" => json!({ "name": "tiny", "cpu_millicores": 500, "memory_mb": 512 }),
        "seedChangeVpsConfig" => json!({ "pids_max": 600 }),
        "seedCreatePlan" => json!({ "name": "starter", "max_agents": 1 }),
        "seedChangePlan" => json!({ "max_cpu_ms": 1_000_000 }),
        "seedCreateInstance" => json!({ "display_name": "Another" }),
        "seedUpdateInstance" => json!({ "api_keys": { "BRAVE_API_KEY": "a-key-of-some-length" } }),
        "seedSetInstanceConfig" => json!({ "config": "{}" }),
        "seedSetSettings" => json!({ "openai_api_key": "sk-0123456789abcdef" }),
        "seedPatchConfig" | "seedSetConfig" => json!({ "messages": { "ackReaction": "eyes" } }),
        "seedRollBackConfig" => json!({ "version": 1 }),
        "seedExec" | "seedExecSync" => json!({ "command": "true", "timeout": 1000 }),
        "seedMessage" => json!({ "message": "hello" }),
        "seedPutFile" => json!({ "content": "hello" }),
        "seedFileBatch" => json!({ "operations": [{ "op": "exists", "path": "state" }] }),
        "seedBulkRestart" => json!({ "delayMs": 0 }),
        "seedBulkPatch" => json!({ "patch": { "messages": { "ackReaction": "eyes" } } }),
        other => panic!("{other}: give it a good body here"),
    }
}
