//! What a client gets to see of a gateway's response.

use http::header::{CONTENT_LOCATION, LOCATION, SET_COOKIE};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use smartbox_core::routing::BaseUrl;

use super::request::{is_hop_by_hop, named_by_connection};
use super::{Inquiry, cookies};
use crate::config::EdgeConfig;

/// Counts for the whole origin, which a box shares with the platform and with other boxes of its owner.
const ORIGIN_WIDE: [&str; 9] = [
    "alt-svc",
    "clear-site-data",
    "nel",
    "origin-agent-cluster",
    "public-key-pins",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "strict-transport-security",
];

/// Names of the platform's own headers. A credential's name can itself be secret, so they are not even mentioned in
/// a value (as `Vary` or `Access-Control-Allow-Headers` would).
const PLATFORM_PREFIXES: [&str; 2] = ["x-smartbox-", "x-platform-"];

/// The headers of a response to the client.
pub(super) fn headers(config: &EdgeConfig, inquiry: &Inquiry<'_>, from: HeaderMap) -> HeaderMap {
    let (host, prefix) = (&inquiry.asked.addressed.host, inquiry.target.prefix.as_str());
    cleaned(config, from, prefix, |location| relocated(location, host, prefix))
}

/// The headers of another server's response to the client. Paths are the same here and there.
pub(super) fn foreign(config: &EdgeConfig, base: &BaseUrl, from: HeaderMap) -> HeaderMap {
    cleaned(config, from, "", |location| brought_here(location, base))
}

fn cleaned(
    config: &EdgeConfig,
    mut from: HeaderMap,
    prefix: &str,
    locate: impl Fn(&HeaderValue) -> Option<HeaderValue>,
) -> HeaderMap {
    let dropped = named_by_connection(&from);
    let is_dropped = |name: &HeaderName| is_hop_by_hop(name) || dropped.contains(name);
    let stays = |(name, value): (&HeaderName, &HeaderValue)| {
        is_dropped(name) || !(is_changed(name) || is_platforms(name, value))
    };
    if from.iter().all(stays) {
        let gone: Vec<_> = from.keys().filter(|name| is_dropped(name)).cloned().collect();
        for name in gone {
            from.remove(name);
        }
        return from;
    }
    let mut to = HeaderMap::with_capacity(from.len() + 2);
    for (name, value) in &from {
        if is_dropped(name) || is_platforms(name, value) {
            continue;
        }
        if *name == SET_COOKIE {
            if let Some(cookie) = cookies::scoped(value, &config.platform_cookies, prefix) {
                to.append(name, cookie);
            }
        } else if is_changed(name) {
            to.insert(name, locate(value).unwrap_or_else(|| value.clone()));
        } else {
            to.append(name, value.clone());
        }
    }
    to
}

/// Whether a header's value is not passed on as it is.
fn is_changed(name: &HeaderName) -> bool {
    matches!(*name, SET_COOKIE | LOCATION | CONTENT_LOCATION)
}

fn is_platforms(name: &HeaderName, value: &HeaderValue) -> bool {
    let name = name.as_str();
    name == "x-request-id"
        || ORIGIN_WIDE.contains(&name)
        || PLATFORM_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || mentions_platform(value.as_bytes())
}

/// Whether a value names a header of the platform. Most have no `x` at all.
fn mentions_platform(value: &[u8]) -> bool {
    let prefix = PLATFORM_PREFIXES[0].as_bytes();
    memchr::memchr2_iter(b'x', b'X', value)
        .any(|at| value.get(at..at + prefix.len()).is_some_and(|found| found.eq_ignore_ascii_case(prefix)))
}

/// A location of the gateway, as the client has to ask for it. `None` if it stays as it is.
fn relocated(value: &HeaderValue, host: &str, prefix: &str) -> Option<HeaderValue> {
    if prefix.is_empty() {
        return None;
    }
    let location = value.to_str().ok()?;
    let path = match location.parse::<Uri>().ok()?.into_parts() {
        parts if parts.authority.is_none() => location.to_owned(),
        parts if parts.authority == host.parse::<Authority>().ok() => {
            parts.path_and_query?.as_str().to_owned()
        }
        // To another host.
        _elsewhere => return None,
    };
    // `//host/…` is another host, too; a relative one needs no prefix.
    let is_rooted = path.starts_with('/') && !path.starts_with("//");
    is_rooted.then(|| HeaderValue::try_from(format!("{prefix}{path}")).ok()).flatten()
}

/// A location on the other server itself, as a path of this one. `None` if it stays as it is.
fn brought_here(value: &HeaderValue, base: &BaseUrl) -> Option<HeaderValue> {
    let location = value.to_str().ok()?.parse::<Uri>().ok()?;
    let is_there =
        location.scheme_str().and_then(|scheme| format!("{scheme}://{}", location.authority()?).parse().ok())
            == Some(base.clone());
    let path = location.path_and_query()?.as_str();
    (is_there && !path.starts_with("//")).then(|| HeaderValue::try_from(path).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_moved_under_the_boxes_prefix() {
        let moved = |location: &'static str| {
            let value = HeaderValue::from_static(location);
            relocated(&value, "localhost:8080", "/b/home").map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(moved("/ui?a=1").as_deref(), Some("/b/home/ui?a=1"));
        assert_eq!(moved("http://localhost:8080/ui").as_deref(), Some("/b/home/ui"));
        for other in
            ["ui", "./ui", "?a", "//evil.example/", "https://elsewhere.example/ui", "/\\evil.example"]
        {
            assert!(moved(other).is_none_or(|moved| moved.starts_with("/b/home/")), "{other}");
        }
        assert_eq!(moved("https://elsewhere.example/ui"), None);
        assert_eq!(moved("//evil.example/"), None);
    }

    #[test]
    fn a_location_on_another_server_becomes_a_path_here() {
        let base = "http://old.example:8081".parse().unwrap();
        let brought = |location: &'static str| {
            let value = HeaderValue::from_static(location);
            brought_here(&value, &base).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(brought("http://old.example:8081/ui?a=1").as_deref(), Some("/ui?a=1"));
        assert_eq!(brought("HTTP://Old.example:8081").as_deref(), Some("/"));
        for other in [
            "/ui",
            "ui",
            "https://old.example:8081/ui",
            "http://old.example/ui",
            "http://elsewhere.example/",
            "//old.example:8081/ui",
            "http://old.example:8081//evil.example/",
        ] {
            assert_eq!(brought(other), None, "{other}");
        }
    }

    #[test]
    fn a_credential_is_not_even_mentioned() {
        let vary =
            (HeaderName::from_static("vary"), HeaderValue::from_static("Accept, X-Smartbox-User-5ec4e7"));
        assert!(is_platforms(&vary.0, &vary.1));
        assert!(!is_platforms(&vary.0, &HeaderValue::from_static("Accept")));
    }
}
