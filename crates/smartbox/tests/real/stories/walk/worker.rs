//! Health, status, devices and storage; signed URLs; the gateway's own pages (Smartbox, moltworker, Automna).

use secrecy::SecretString;
use smartbox_control::{Clock as _, SystemClock};
use smartbox_identity::signed_url;

use super::{Case, SIGNING_SECRET, Walk};

pub(super) fn walk(walk: &Walk) {
    walk.ask(&Case { path: "/health", fields: &["/status", "/version", "/flags"], ..Case::default() });
    walk.ask(&Case { path: "/api/status", fields: &["/status"], ..Case::default() });
    walk.admin("GET", "/api/status", None, 200, &["/status", "/default_box/phase"]);
    walk.admin("GET", "/api/admin/devices", None, 200, &["/pending", "/paired"]);
    walk.admin("POST", "/api/admin/devices/approve-all", None, 200, &["/approved", "/failed", "/message"]);
    walk.admin("POST", "/api/admin/devices/no-such-request/approve", None, 404, &["/title"]);
    walk.owner("GET", "/api/admin/storage", None, 200, &["/configured", "/lastSync", "/message"]);
    walk.owner("POST", "/api/admin/storage/sync", None, 200, &["/success", "/lastSync"]);
    walk.admin("GET", "/api/admin/gateway/restart", None, 405, &["/title", "/remedy"]);

    // The gateway, as the default box's owner and as nobody.
    walk.owner("GET", "/", None, 200, &[]);
    walk.ask(&Case { path: "/", status: 401, fields: &["/code"], ..Case::default() });
    signed(walk);
}

/// `?userId={clerkUserId}&exp={timestamp}&sig={hmacSignature}`
fn signed(walk: &Walk) {
    let secret = SecretString::from(SIGNING_SECRET);
    let expires_at = SystemClock.now() + jiff::SignedDuration::from_mins(10);
    let query = signed_url::sign("user_2abcDEF", expires_at, &secret);
    walk.ask(&Case { path: &format!("/?{query}"), ..Case::default() });
    walk.ask(&Case { path: &format!("/api/status?{query}"), fields: &["/status"], ..Case::default() });
    // On `/ws` it opens the gateway's socket.
    let socket = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let altered = query.replace("user_2abcDEF", "user_2abcDEG");
    let path = format!("/ws?{altered}");
    walk.ask(&Case { path: &path, headers: &socket, status: 401, fields: &["/code"], ..Case::default() });
    let past = SystemClock.now() - jiff::SignedDuration::from_mins(1);
    let expired = format!("/?{}", signed_url::sign("user_2abcDEF", past, &secret));
    walk.ask(&Case { path: &expired, status: 401, fields: &["/code"], ..Case::default() });
}
