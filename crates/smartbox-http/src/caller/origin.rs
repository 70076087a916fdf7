//! Whether a request comes from a page of this server.

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Uri};

use crate::problem::{ApiError, codes};
use crate::request::is_over_tls;

/// Demands an `Origin` that is this server's own. Browsers send it with every change and every WebSocket.
pub(crate) fn check_origin(parts: &Parts) -> Result<(), ApiError> {
    let own = host(parts).is_some_and(|host| is_own(&parts.headers, &host));
    if own { Ok(()) } else { Err(ApiError::known(&codes::BAD_ORIGIN)) }
}

/// As [`check_origin`], for a request without a credential of a browser: a program sends no `Origin`.
pub(crate) fn check_origin_if_given(parts: &Parts) -> Result<(), ApiError> {
    if parts.headers.contains_key(ORIGIN) { check_origin(parts) } else { Ok(()) }
}

/// The origin under which the request was sent, as browsers write it: without the port that is the scheme's own.
pub(crate) fn own_origin(parts: &Parts) -> Option<String> {
    let host = host(parts)?;
    let (scheme, default_port) = if is_over_tls(&parts.headers) { ("https", 443) } else { ("http", 80) };
    let name = host.host().to_ascii_lowercase();
    Some(match host.port_u16().filter(|port| *port != default_port) {
        Some(port) => format!("{scheme}://{name}:{port}"),
        None => format!("{scheme}://{name}"),
    })
}

fn host(parts: &Parts) -> Option<Authority> {
    match parts.headers.get(HOST) {
        Some(host) => Authority::try_from(host.as_bytes()).ok(),
        None => parts.uri.authority().cloned(),
    }
}

fn is_own(headers: &HeaderMap, host: &Authority) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return false };
    let Ok(origin) = Uri::try_from(origin.as_bytes()) else { return false };
    let (Some(scheme), Some(authority)) = (origin.scheme_str(), origin.authority()) else { return false };
    let default_port = match scheme {
        "https" => 443,
        // A page that came in clear text may have been changed on its way.
        "http" if !is_over_tls(headers) => 80,
        _ => return false,
    };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(default_port);
    // Credentials in an authority have no place in either.
    let plain = |authority: &Authority| !authority.as_str().contains('@');
    plain(authority)
        && plain(host)
        && authority.host().eq_ignore_ascii_case(host.host())
        && port(authority) == port(host)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn accepts(host: &str, origin: Option<&str>, over_tls: bool) -> bool {
        let mut request = Request::post("/v1/boxes").header(HOST, host);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        if over_tls {
            request = request.header("x-forwarded-proto", "https");
        }
        check_origin(&request.body(()).unwrap().into_parts().0).is_ok()
    }

    #[test]
    fn the_servers_own_pages_may_ask() {
        assert!(accepts("127.0.0.1:8080", Some("http://127.0.0.1:8080"), false));
        assert!(accepts("box.example", Some("http://BOX.example:80"), false));
        assert!(accepts("box.example", Some("https://box.example"), true));
        assert!(accepts("box.example:443", Some("https://box.example"), false));
        assert!(accepts("[::1]:8080", Some("http://[::1]:8080"), false));
    }

    #[test]
    fn every_other_page_may_not() {
        assert!(!accepts("127.0.0.1:8080", None, false));
        assert!(!accepts("box.example", Some("http://box.example"), true), "clear text page, TLS request");
        for foreign in [
            "null",
            "",
            "http://127.0.0.1:8081",
            "http://localhost:8080",
            "http://evil.example",
            "http://127.0.0.1:8080@evil.example",
            "http://evil@127.0.0.1:8080",
            "http://127.0.0.1:8080.evil.example",
            "ftp://127.0.0.1:8080",
            "127.0.0.1:8080",
            "http://127.0.0.1:8080, http://evil.example",
        ] {
            assert!(!accepts("127.0.0.1:8080", Some(foreign), false), "{foreign}");
        }
    }
}
