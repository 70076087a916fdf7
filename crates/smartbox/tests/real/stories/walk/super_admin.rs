//! `curl -H "X-Admin-Secret: $SECRET" …/api/super/…` (Smartbox's README and ARCHITECTURE): the examples, and the rest of their list.

use serde_json::json;

use super::{Case, Walk};

pub(super) async fn walk(walk: &Walk) {
    let at = |rest: &str| format!("/api/super/users/home{rest}");
    walk.admin(
        "GET",
        "/api/super/state/dashboard",
        None,
        200,
        &["/users", "/summary/total", "/totalLatencyMs"],
    );
    walk.admin("GET", "/api/super/health", None, 200, &[]);
    walk.admin(
        "GET",
        &at("/state/v2"),
        None,
        200,
        &["/state", "/gatewayHealthy", "/checkedAt", "/latencyMs"],
    );
    walk.admin("GET", &at("/config"), None, 200, &[]);
    walk.admin("PATCH", &at("/config"), Some(json!({ "messages": { "ackReaction": "eyes" } })), 200, &[]);
    // A key that no version of OpenClaw has at its root is refused with its reason, as it stands in the text.
    walk.admin(
        "PATCH",
        &at("/config"),
        Some(json!({ "model": "claude-3-5-sonnet-20241022" })),
        422,
        &["/detail"],
    );
    let begun = walk.admin(
        "POST",
        &at("/exec"),
        Some(json!({ "command": "echo hello" })),
        202,
        &["/execId", "/status", "/pollUrl"],
    );
    walk.admin("GET", begun["pollUrl"].as_str().unwrap(), None, 200, &["/status"]);
    walk.admin("POST", &at("/restart-async"), None, 202, &[]);
    walk.platform.wait_for_phase("home", "running").await;
    walk.admin("POST", "/api/super/bulk/restart", None, 202, &[]);
    walk.ask(&Case {
        path: "/api/super/state/dashboard",
        status: 403,
        fields: &["/error"],
        ..Case::default()
    });
}
