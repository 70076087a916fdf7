//! Agents and their machines (Slopbox): "Frontend calls `POST /agents`", and what follows.

use serde_json::json;

use super::{Case, Walk};

const AGENT: &[&str] = &["/id", "/user_id", "/name", "/vps", "/created_at", "/updated_at"];
const VPS: &[&str] = &["/id", "/vps_config_id", "/name", "/provider", "/state", "/address", "/created_at"];

pub(super) async fn walk(walk: &Walk) {
    walk.owner("GET", "/plans", None, 200, &["/0/id", "/0/max_agents", "/0/overage_cpu_cost_per_hour_cents"]);
    let agent = walk.owner("POST", "/agents", Some(json!({ "name": "alpha" })), 201, AGENT);
    let path = format!("/agents/{}", agent["id"].as_str().unwrap());
    let at = |rest: &str| format!("{path}{rest}");
    walk.owner("GET", "/agents", None, 200, &["/0/id", "/1/id"]);
    walk.owner("GET", &path, None, 200, AGENT);
    walk.ask(&Case { path: "/agents", status: 401, fields: &["/error"], ..Case::default() });
    walk.owner("GET", "/agents/no-such-agent", None, 404, &["/error"]);
    walk.owner("POST", &at("/vps"), Some(json!({ "vps_config_id": "galactic" })), 400, &["/error"]);
    let channel = json!({ "channel_kind": "telegram", "credentials": { "bot_token": "1:not-a-real-token", "enabled": false } });
    walk.owner(
        "POST",
        &at("/channels"),
        Some(channel.clone()),
        201,
        &["/channel_kind", "/agent_id", "/enabled"],
    );
    walk.owner("POST", &at("/channels"), Some(channel), 409, &["/error"]);
    walk.owner("GET", &at("/channels"), None, 200, &["/0/channel_kind"]);
    walk.owner("POST", &at("/vps"), Some(json!({ "vps_config_id": "standard-1" })), 201, VPS);
    walk.platform.wait_for_phase("alpha", "running").await;

    let health = walk.owner("GET", &at("/health"), None, 200, &["/gateway_reachable"]);
    assert_eq!(health["gateway_reachable"], true);
    walk.owner(
        "GET",
        &at("/usage"),
        None,
        200,
        &["/allowed", "/bandwidth/used", "/storage/exceeded", "/overage_budget_cents"],
    );
    walk.owner("GET", "/users/me/overage-budget", None, 200, &["/budget_cents", "/period_start"]);
    walk.owner("PUT", &at("/workspace/SOUL.md"), Some(json!({ "content": "Be kind.\n" })), 204, &[]);
    assert_eq!(walk.platform.exec("alpha", &["cat", "/home/agent/workspace/SOUL.md"]).1, "Be kind.\n");
    walk.owner("PUT", &at("/workspace/passwd"), Some(json!({ "content": "x" })), 400, &["/error"]);
    walk.owner("PUT", &at("/config"), Some(json!({ "tools_deny": ["browser"] })), 204, &[]);
    walk.platform.wait_for_phase("alpha", "running").await;
    // The gateway, through the agent's own path: a page, and what nobody is let through to.
    walk.owner("GET", &at("/gateway/"), None, 200, &[]);
    walk.owner("GET", &at("/gateway/?token=x"), None, 400, &["/code"]);
    // "all its outbound traffic flows through the proxy"
    let (_code, proxy, _err) = walk.platform.exec("alpha", &["sh", "-c", "echo $HTTP_PROXY $HTTPS_PROXY"]);
    assert_eq!(proxy.matches("127.0.0.1:3128").count(), 2, "{proxy}");
    walk.owner("DELETE", &at("/channels/telegram"), None, 204, &[]);
    walk.owner("POST", &at("/restart"), None, 204, &[]);
    walk.platform.wait_for_phase("alpha", "running").await;
    walk.owner("POST", &at("/vps/start"), None, 409, &["/error"]);
    walk.owner("POST", &at("/vps/stop"), None, 200, VPS);
    walk.platform.wait_for_phase("alpha", "stopped").await;
    admin(walk, agent["id"].as_str().unwrap());
    walk.owner("DELETE", &at("/vps"), None, 204, &[]);
    walk.platform.wait_for_phase("alpha", "archived").await;
    walk.owner("DELETE", &at("/vps"), None, 404, &["/error"]);
    walk.owner("DELETE", &path, None, 204, &[]);
    walk.owner("GET", &path, None, 404, &["/error"]);
}

/// What its admin does.
fn admin(walk: &Walk, agent: &str) {
    let users = walk.admin(
        "GET",
        "/admin/users",
        None,
        200,
        &["/0/id", "/0/email", "/0/role", "/0/status", "/0/plan_id"],
    );
    let user = users[0]["id"].as_str().unwrap();
    walk.admin("PUT", &format!("/admin/users/{user}/status"), Some(json!({ "status": "active" })), 204, &[]);
    walk.admin("PUT", &format!("/admin/users/{user}/role"), Some(json!({ "role": "owner" })), 204, &[]);
    walk.admin("GET", "/admin/vpses", None, 200, &["/0/id", "/0/state"]);
    walk.admin("POST", &format!("/admin/vpses/{agent}/stop"), None, 409, &["/error"]);
    walk.admin("GET", "/admin/agents", None, 200, &["/0/id"]);
    let config = json!({ "name": "sprites-standard", "provider": "local", "cpu_millicores": 1000, "memory_mb": 512, "disk_gb": 10 });
    let fields =
        &["/id", "/name", "/provider", "/image", "/location", "/cpu_millicores", "/memory_mb", "/disk_gb"];
    walk.admin("POST", "/admin/vps-configs", Some(config), 201, fields);
    walk.admin("GET", "/admin/vps-configs", None, 200, &["/0/id", "/3/id"]);
    walk.admin("PUT", "/admin/vps-configs/sprites-standard", Some(json!({ "memory_mb": 1024 })), 200, fields);
    walk.admin("DELETE", "/admin/vps-configs/sprites-standard", None, 204, &[]);
    let plan =
        json!({ "name": "demo", "max_agents": 5, "max_vpses": 5, "max_bandwidth_bytes": 50_000_000_000_u64 });
    walk.admin("POST", "/admin/plans", Some(plan), 201, &["/id", "/max_storage_bytes"]);
    walk.admin("DELETE", "/admin/plans/demo", None, 204, &[]);
    walk.admin("POST", "/admin/cleanup", None, 200, &["/cleaned_up"]);
    walk.owner("GET", "/admin/users", None, 403, &["/error"]);
}
