//! What the edge says to a client in the gateway's name (`ResponseFrame`, `ErrorShape` of the gateway's schema).

use serde_json::json;
use smartbox_core::Permission;

use super::request::Request;

/// When a client may ask a sleeping box again. Its own events come first: a wake brings them.
const RETRY_AFTER_MS: u32 = 30_000;

/// The caller lacks a permission.
pub(super) fn forbidden(request: &Request, needed: Permission) -> String {
    let message = format!("{} needs the permission {needed} on this box", request.method);
    let details =
        json!({ "code": "PERMISSION_MISSING", "method": request.method, "permission": needed.as_str() });
    error(&request.id, "FORBIDDEN", &message, &details)
}

/// A socket is opened once.
pub(super) fn greeted_already(id: &str) -> String {
    error(id, "FORBIDDEN", "this connection is open already", &json!({ "code": "CONNECTED_ALREADY" }))
}

/// The handshake is not passed on.
pub(super) fn bad_handshake(id: &str, why: &str) -> String {
    error(id, "FORBIDDEN", why, &json!({ "code": "HANDSHAKE_REFUSED" }))
}

/// The box sleeps, and does not wake for a request that nobody asked for. What a gateway says while it is suspended
/// (`gateway-suspending`): reference clients expect it then, and show no error.
pub(super) fn asleep(request: &Request) -> String {
    let method = &request.method;
    let error = json!({
        "code": "UNAVAILABLE",
        "message": format!("{method} unavailable during gateway suspension"),
        "details": { "method": method, "reason": "gateway-suspending", "phase": "prepared" },
        "retryable": true,
        "retryAfterMs": RETRY_AFTER_MS,
    });
    json!({ "type": "res", "id": request.id, "ok": false, "error": error }).to_string()
}

/// A sign of life. Without `seq`: clients count the events of their gateway, and this is none of them.
pub(super) fn tick(at_ms: i64) -> String {
    json!({ "type": "event", "event": "tick", "payload": { "ts": at_ms } }).to_string()
}

fn error(id: &str, code: &str, message: &str, details: &serde_json::Value) -> String {
    let error = json!({ "code": code, "message": message, "details": details, "retryable": false });
    json!({ "type": "res", "id": id, "ok": false, "error": error }).to_string()
}
