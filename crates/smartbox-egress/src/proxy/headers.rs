//! Which headers are for the next hop only (RFC 9110 §7.6.1), and what a proxy adds (§7.6.3).

use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};

use super::pool::Key;

/// How this proxy is named to others.
const NAME: HeaderValue = HeaderValue::from_static("1.1 smartbox");
/// For the next hop by the standard or by old custom.
const NEXT_HOP: [HeaderName; 10] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("http2-settings"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Takes out what is for the next hop, by its name or because `Connection` names it; says how to go on.
pub(super) fn pass_on(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> =
        tokens(headers, &CONNECTION).filter_map(|token| token.parse().ok()).collect();
    for name in NEXT_HOP.iter().chain(&named) {
        headers.remove(name);
    }
    headers.append(VIA, NAME);
}

/// Says whom a request is for: what stood there may have been something else than where it goes.
pub(super) fn set_host(headers: &mut HeaderMap, Key { scheme, host, port }: &Key) {
    let text = if *port == scheme.port() { host.to_string() } else { format!("{host}:{port}") };
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(HOST, value);
    }
}

/// The protocol that a message wants to change to.
pub(super) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    tokens(headers, &CONNECTION)
        .any(|token| token.eq_ignore_ascii_case("upgrade"))
        .then(|| headers.get(UPGRADE))?
        .cloned()
}

/// Asks for, or grants, a change of the protocol.
pub(super) fn set_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',').map(str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_the_next_hop_goes_and_everything_else_stays() {
        let table = [
            ("accept", "*/*", true),
            ("authorization", "Bearer x", true),
            ("cookie", "a=b", true),
            ("content-length", "3", true),
            ("content-encoding", "gzip", true),
            ("expect", "100-continue", true),
            ("via", "1.0 other", true),
            ("x-forwarded-for", "192.0.2.1", true),
            ("cache-control", "no-store", true),
            ("connection", "close, X-Hop , keep-alive", false),
            ("x-hop", "1", false),
            ("keep-alive", "timeout=5", false),
            ("proxy-connection", "keep-alive", false),
            ("proxy-authorization", "Basic x", false),
            ("proxy-authenticate", "Basic", false),
            ("te", "trailers", false),
            ("trailer", "x", false),
            ("transfer-encoding", "chunked", false),
            ("upgrade", "websocket", false),
        ];
        let mut headers = HeaderMap::new();
        for (name, value, _) in table {
            headers.append(name, HeaderValue::from_static(value));
        }
        pass_on(&mut headers);
        for (name, value, stays) in table {
            assert_eq!(headers.get(name).is_some_and(|kept| kept == value), stays, "{name}");
        }
        let via: Vec<_> = headers.get_all(VIA).iter().collect();
        assert_eq!(via, ["1.0 other", "1.1 smartbox"]);
    }

    #[test]
    fn a_change_of_the_protocol_needs_both_headers() {
        let map = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
                .collect::<HeaderMap>()
        };
        let both = map(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
        assert_eq!(upgrade(&both).unwrap(), "websocket");
        assert!(upgrade(&map(&[("upgrade", "websocket")])).is_none());
        assert!(upgrade(&map(&[("connection", "upgrade")])).is_none());
    }
}
