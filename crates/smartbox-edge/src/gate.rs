//! The first question about every request: is it addressed to us, and may the page that sends it do so?
//!
//! A page of a stranger can make a browser send requests here: under a host name that the stranger points at us (DNS
//! rebinding), or under ours, with the owner's cookie. Both are refused before anything else looks at the request.

use std::net::{IpAddr, SocketAddr};

use http::header::{CONNECTION, HOST, ORIGIN, UPGRADE};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode, Version};

use smartbox_core::box_host;

use crate::config::{EdgeConfig, Scheme};
use crate::names::{SEC_FETCH_MODE, SEC_FETCH_SITE, SERVICE_WORKER};
use crate::problem::{Problem, not_found};

/// Under which address the client reached us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addressed {
    /// `Host`, as sent: name and port.
    pub(crate) host: String,
    /// How.
    pub(crate) scheme: Scheme,
    /// The box whose own host it is, by the label in front of the domain.
    pub(crate) label: Option<String>,
}

/// Checks target and host of a request. `scheme` is how the client came, if the connection or a trusted proxy says so.
pub(crate) fn check(
    config: &EdgeConfig,
    head: &Parts,
    local: SocketAddr,
    scheme: Option<Scheme>,
) -> Result<Addressed, Problem> {
    check_method(head)?;
    let host = host_of(head)?;
    let name = bare_host(&host);
    let label = box_host::label(name, &config.box_domains).map(str::to_owned);
    let is_public = config.public_hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
        || label.is_some() && !is_loopback_name(name);
    if !is_public && !is_loopback_name(name) && !is_address(name, local.ip()) {
        return Err(bad_host(&host));
    }
    let scheme = scheme.unwrap_or(if is_public { config.public_scheme } else { Scheme::Http });
    Ok(Addressed { host: host.as_str().to_owned(), scheme, label })
}

/// Checks from which page a request comes that changes something, or whose answer any page could read.
pub(crate) fn check_page(head: &Parts, addressed: &Addressed) -> Result<(), Problem> {
    if needs_same_origin(head) { check_origin(&head.headers, addressed) } else { Ok(()) }
}

/// Checks a request to a box further. A box's gateway takes every origin for its own, and every request wakes it: no
/// page of another site may ask for anything there, except by a link that a person follows.
pub(crate) fn check_box(head: &Parts, addressed: &Addressed, is_mounted: bool) -> Result<(), Problem> {
    // A service worker at the root would stand between the person and the platform's own pages.
    let is_beside_platform = !is_mounted && addressed.label.is_none();
    if is_beside_platform && head.headers.contains_key(SERVICE_WORKER) {
        return Err(not_found());
    }
    let is_navigation = head.headers.get(SEC_FETCH_MODE).is_some_and(|mode| mode == "navigate");
    if is_navigation && !head.headers.contains_key(ORIGIN) {
        return Ok(());
    }
    check_origin(&head.headers, addressed)
}

/// Whether a request asks to speak WebSocket from now on. No other protocol is upgraded to.
pub(crate) fn is_websocket(head: &Parts) -> bool {
    head.method == Method::GET
        && has_token(&head.headers, &CONNECTION, "upgrade")
        && has_token(&head.headers, &UPGRADE, "websocket")
}

/// Whether a request brings a ticket. It may come from another site's page, if the ticket is for that page.
pub(crate) fn brings_ticket(head: &Parts) -> bool {
    let pairs = head.uri.query().unwrap_or_default().split('&');
    head.method == Method::GET
        && pairs.filter_map(|pair| pair.strip_prefix("ticket=")).any(|ticket| ticket.starts_with("tkt_"))
}

/// The page that sends a request, as the browser says.
pub(crate) fn origin(head: &Parts) -> Option<&str> {
    head.headers.get(ORIGIN)?.to_str().ok()
}

/// Whether a comma-separated header has `token`, in any case.
fn has_token(headers: &HeaderMap, name: &http::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|found| found.trim().eq_ignore_ascii_case(token))
}

/// CONNECT would make a forward proxy of us; TRACE would show the client what the gateway was sent.
fn check_method(head: &Parts) -> Result<(), Problem> {
    if head.method == Method::CONNECT || head.method == Method::TRACE {
        return Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "This method is not served",
        ));
    }
    if !head.uri.path().starts_with('/') {
        return Err(bad_request("The request names no path."));
    }
    Ok(())
}

fn host_of(head: &Parts) -> Result<Authority, Problem> {
    let mut hosts = head.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next(), head.uri.authority()) {
        (Some(host), None, _) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
        // `:authority` stands for the header (RFC 9113 §8.3.1).
        (None, _, Some(authority)) if head.version == Version::HTTP_2 => Some(authority.clone()),
        _ => return Err(bad_request("A request needs exactly one Host header.")),
    };
    let host = host.filter(|host| !host.as_str().contains('@'));
    let host = host.ok_or_else(|| bad_request("The Host header is not a host name."))?;
    // A target in absolute form, and `:authority`, name a host as well (RFC 9112 §3.2.2). Two different ones are an
    // attempt to confuse.
    if head.uri.authority().is_some_and(|named| named != &host) {
        return Err(bad_request("The request's target and its Host header name different hosts."));
    }
    // HTTP/2 is spoken over TLS alone: another scheme is meant for somebody else.
    if head.version == Version::HTTP_2 && head.uri.scheme() != Some(&http::uri::Scheme::HTTPS) {
        return Err(bad_request("The request's scheme is not the connection's."));
    }
    Ok(host)
}

/// The host without port, without the brackets of an IPv6 address and without the root's dot.
fn bare_host(host: &Authority) -> &str {
    let name = host.host();
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether browsers may be told to come back over TLS only (RFC 6797 §8.1): not to an address, and never to this machine's
/// own names, where other programs serve as well.
pub(crate) fn may_insist_on_tls(host: &str) -> bool {
    let Ok(host) = host.parse::<Authority>() else { return false };
    let name = bare_host(&host);
    !is_loopback_name(name) && name.parse::<IpAddr>().is_err()
}

/// Names that browsers resolve to this machine without asking anybody (RFC 6761 §6.3).
fn is_loopback_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "localhost"
        || lower.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether the name is the literal address on which the connection came in. An address cannot be rebound.
fn is_address(name: &str, local: IpAddr) -> bool {
    name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical() == local.to_canonical())
}

fn needs_same_origin(head: &Parts) -> bool {
    let is_safe = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
    !is_safe || head.headers.contains_key(UPGRADE)
}

/// Browsers say which page asks: in `Origin`, and in `Sec-Fetch-Site` where they leave `Origin` out. Programs say
/// neither.
fn check_origin(headers: &HeaderMap, addressed: &Addressed) -> Result<(), Problem> {
    let mut origins = headers.get_all(ORIGIN).iter();
    if let Some(origin) = origins.next() {
        let is_same = origin.to_str().is_ok_and(|origin| is_same_origin(origin, addressed));
        return if is_same && origins.next().is_none() { Ok(()) } else { Err(bad_origin()) };
    }
    match headers.get(SEC_FETCH_SITE).map(http::HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_other) => Err(bad_origin()),
    }
}

fn is_same_origin(origin: &str, addressed: &Addressed) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let (Ok(origin), Ok(host)) = (authority.parse::<Authority>(), addressed.host.parse::<Authority>()) else {
        return false;
    };
    let default_port = if addressed.scheme == Scheme::Https { 443 } else { 80 };
    scheme == addressed.scheme.as_str()
        && origin.host().eq_ignore_ascii_case(host.host())
        && origin.port_u16().unwrap_or(default_port) == host.port_u16().unwrap_or(default_port)
}

fn bad_request(detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be understood").detail(detail)
}

fn bad_host(host: &Authority) -> Problem {
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "bad-host", "This host name is not served here")
        .detail(format!("The request was addressed to {}.", host.host()))
        .remedy("Use the printed address, or add the name to the public hosts in the settings.")
}

fn bad_origin() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "bad-origin", "A page of another site may not do this")
        .remedy("Use the page of this server itself. Programs send no Origin header.")
}

#[cfg(test)]
mod tests;
