//! What the edge says to a client in the gateway's name (`ResponseFrame`, `ErrorShape` of the gateway's schema).

use serde_json::json;
use smartbox_core::Permission;

use super::request::Request;

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

fn error(id: &str, code: &str, message: &str, details: &serde_json::Value) -> String {
    let error = json!({ "code": code, "message": message, "details": details, "retryable": false });
    json!({ "type": "res", "id": id, "ok": false, "error": error }).to_string()
}
