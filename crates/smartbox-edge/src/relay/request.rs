//! What a gateway gets to see of a request.

use std::net::IpAddr;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, COOKIE, HOST, ORIGIN, SEC_WEBSOCKET_EXTENSIONS, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Inquiry, cookies};
use crate::config::EdgeConfig;
use crate::names::{X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO, X_REQUEST_ID};
use crate::wire::Lines;

/// Whether a header is meant for the next hop only (RFC 9110 §7.6.1), besides those that `Connection` names. `Expect` is
/// answered by the edge itself.
///
/// A match, like the next: it is asked for each header of each request, and a list of names is built for each question.
pub(super) fn is_hop_by_hop(name: &HeaderName) -> bool {
    let name = name.as_str();
    matches!(
        name,
        "connection"
            | "expect"
            | "http2-settings"
            | "keep-alive"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    ) || name.starts_with("proxy-")
}

/// Whether a header says who the caller is or where they come from: believed by a gateway that trusts its proxy, hence never
/// passed through. Some are of other proxies' dialects, which the edge does not speak.
fn is_identity(name: &HeaderName) -> bool {
    let name = name.as_str();
    matches!(
        name,
        "authorization"
            | "client-ip"
            | "fastly-client-ip"
            | "forwarded"
            | "remote-user"
            | "true-client-ip"
            | "x-admin-secret"
            | "x-client-ip"
            | "x-cluster-client-ip"
            | "x-openclaw-scopes"
            | "x-openclaw-token"
            | "x-original-host"
            | "x-original-url"
            | "x-real-ip"
            | "x-remote-user"
            | "x-rewrite-url"
    ) || IDENTITY_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whole families of such names.
const IDENTITY_PREFIXES: [&str; 10] = [
    "cf-",
    "proxy-",
    "tailscale-",
    "x-amzn-oidc-",
    "x-auth-request-",
    "x-authenticated-",
    "x-forwarded-",
    "x-platform-",
    "x-smartbox-",
    "x-webauth-",
];

/// Names of headers that `Connection` declares to be for the next hop only.
pub(super) fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(',')).map(str::trim);
    // What nearly everybody says names nothing that would stay otherwise.
    names
        .filter(|name| !name.eq_ignore_ascii_case("keep-alive"))
        .filter_map(|name| name.parse().ok())
        .collect()
}

/// Asks the next hop to speak WebSocket.
pub(crate) const fn websocket() -> [(HeaderName, HeaderValue); 2] {
    [(CONNECTION, HeaderValue::from_static("Upgrade")), (UPGRADE, HeaderValue::from_static("websocket"))]
}

/// The headers of a request to a gateway. What the edge says is set last, so that nothing of the client survives
/// beside it.
pub(super) fn headers(
    config: &EdgeConfig,
    inquiry: &Inquiry<'_>,
    credential: Vec<(HeaderName, HeaderValue)>,
) -> Lines {
    let from = &inquiry.head.headers;
    let mut to = kept(config, from);
    if inquiry.is_websocket {
        // The edge reads frames: they come uncompressed.
        to.remove(&SEC_WEBSOCKET_EXTENSIONS);
        websocket().into_iter().for_each(|(name, value)| to.set(name, value));
    }
    if from.contains_key(ORIGIN) {
        to.set(ORIGIN, config.gateway_origin.clone());
    }
    if may_bring_page(inquiry) {
        // A page has to be readable for the edge.
        to.set(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    for (name, value) in credential {
        to.set(name, value);
    }
    forward(config, inquiry, &mut to);
    to
}

/// What is left of a client's headers for whoever is behind the edge.
pub(super) fn kept(config: &EdgeConfig, from: &HeaderMap) -> Lines {
    let dropped = named_by_connection(from);
    let mut to = Lines::with_capacity(from.len() + 10);
    for (name, value) in from {
        let is_ours = is_hop_by_hop(name) || is_identity(name) || *name == COOKIE || *name == HOST;
        if !is_ours && !dropped.contains(name) {
            to.add(name.clone(), value.clone());
        }
    }
    if let Some(cookie) = cookies::without(from, &config.platform_cookies) {
        to.set(COOKIE, cookie);
    }
    to
}

/// Whether the response may be a page: a browser opens it, or it has no file's name. The Control UI's service worker
/// fetches its page as if it were any file.
fn may_bring_page(inquiry: &Inquiry<'_>) -> bool {
    let mut accepted = inquiry.head.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let file = inquiry.target.path_and_query.path().rsplit('/').next().unwrap_or_default();
    accepted.any(|value| value.contains("text/html")) || !file.contains('.') || file.ends_with(".html")
}

/// Says where the request came from: one address, never a loopback one.
pub(super) fn forward(config: &EdgeConfig, inquiry: &Inquiry<'_>, to: &mut Lines) {
    let addressed = &inquiry.asked.addressed;
    let client = client_address(config, inquiry.asked.conn.peer.ip());
    to.set(X_FORWARDED_PROTO, HeaderValue::from_static(addressed.scheme.as_str()));
    if let Ok(client) = HeaderValue::try_from(client.to_string()) {
        to.set(X_FORWARDED_FOR, client);
    }
    if let Ok(id) = HeaderValue::try_from(inquiry.asked.id.as_str()) {
        to.set(X_REQUEST_ID, id);
    }
    if let Ok(host) = HeaderValue::try_from(addressed.host.as_str()) {
        to.set(X_FORWARDED_HOST, host.clone());
        to.set(HOST, host);
    }
}

fn client_address(config: &EdgeConfig, peer: IpAddr) -> IpAddr {
    let peer = peer.to_canonical();
    if peer.is_loopback() { config.loopback_client } else { peer }
}
