//! The cookies of the platform, and the one in which another issuer's token comes.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use smartbox_api::{BOX_COOKIE, SESSION_COOKIE};

use crate::request::is_over_tls;

/// Longest value that is looked up. Ours have 43 characters.
const TOKEN_LENGTH_MAX: usize = 128;

/// What the cookies of a request say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Session {
    /// There is no session cookie.
    None,
    /// This one.
    Token(String),
    /// There are several with different values (somebody set one for a parent domain), or it is no token.
    Unusable,
}

/// Over TLS the names of our cookies begin so: then no page below the same domain, such as a box's, can set one for us
/// (RFC 6265bis §4.1.3.2).
const HOST_PREFIX: &str = "__Host-";

/// Reads the session cookie out of whatever cookies a browser sends.
pub(super) fn session(headers: &HeaderMap) -> Session {
    if is_over_tls(headers) {
        named(headers, &format!("{HOST_PREFIX}{SESSION_COOKIE}"))
    } else {
        named(headers, SESSION_COOKIE)
    }
}

/// Reads the cookie of a browser that may use one box alone.
pub(super) fn of_box(headers: &HeaderMap) -> Session {
    match named(headers, &format!("{HOST_PREFIX}{BOX_COOKIE}")) {
        // One that another page has set is good for the box that it names, and for no other.
        Session::None => named(headers, BOX_COOKIE),
        found => found,
    }
}

/// Most pieces of a token that is kept in several cookies.
const JWT_CHUNKS_MAX: usize = 8;
/// Longest value of such a cookie, all pieces together.
const JWT_COOKIE_BYTES_MAX: usize = 16 * 1024;

/// The token in a cookie of this name: alone, or as Supabase's browser libraries keep it, which is a JSON document in
/// base64url behind `base64-`, cut into the cookies `name.0`, `name.1` and so on where it is long.
pub(super) fn jwt(headers: &HeaderMap, name: &str) -> Option<String> {
    let whole = raw(headers, name).or_else(|| {
        let chunks = (0..JWT_CHUNKS_MAX).map_while(|at| raw(headers, &format!("{name}.{at}")));
        let joined: String = chunks.collect();
        (!joined.is_empty()).then_some(joined)
    })?;
    if whole.len() > JWT_COOKIE_BYTES_MAX {
        return None;
    }
    let Some(document) = whole.strip_prefix("base64-") else { return Some(whole) };
    let document = URL_SAFE_NO_PAD.decode(document.trim_end_matches('=')).ok()?;
    let document: serde_json::Value = serde_json::from_slice(&document).ok()?;
    Some(document.get("access_token")?.as_str()?.to_owned())
}

/// The value of the one cookie of this name.
fn raw(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs =
        headers.get_all(COOKIE).iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let mut values = pairs.filter_map(|pair| value_of(pair.trim_ascii(), name));
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    std::str::from_utf8(value).ok().map(str::to_owned)
}

fn named(headers: &HeaderMap, name: &str) -> Session {
    let mut found = Session::None;
    for header in headers.get_all(COOKIE) {
        for pair in header.as_bytes().split(|byte| *byte == b';') {
            let Some(value) = value_of(pair.trim_ascii(), name) else { continue };
            let token = std::str::from_utf8(value).ok().filter(|value| is_fit(value));
            found = match (token, found) {
                (Some(token), Session::None) => Session::Token(token.to_owned()),
                (Some(token), Session::Token(same)) if token == same => Session::Token(same),
                _ => return Session::Unusable,
            };
        }
    }
    found
}

/// The value of the cookie of this name. An empty one is what some clients keep of a deleted cookie.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let value = pair.strip_prefix(name.as_bytes())?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii();
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    (!unquoted.is_empty()).then_some(unquoted)
}

fn is_fit(value: &str) -> bool {
    value.len() <= TOKEN_LENGTH_MAX
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// `Set-Cookie` that signs a browser in; `None` for a token that cannot stand in a header.
pub(crate) fn set_session(token: &SecretString, ttl: Duration, over_tls: bool) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&cookie(token.expose_secret(), ttl.as_secs(), over_tls)).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `Set-Cookie` that lets a browser use one box: at its own origin, or below its path at the platform's.
pub(crate) fn set_box(secret: &str, path: &str, max_age: u64, over_tls: bool) -> Option<HeaderValue> {
    let secure = if over_tls { "; Secure" } else { "" };
    // The prefix is for cookies of a whole host.
    let prefix = if over_tls && path == "/" { HOST_PREFIX } else { "" };
    let name = format!("{prefix}{BOX_COOKIE}");
    let text = format!("{name}={secret}; HttpOnly; SameSite=Lax; Path={path}; Max-Age={max_age}{secure}");
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `Set-Cookie` that signs it out.
pub(crate) fn clear_session(over_tls: bool) -> Option<HeaderValue> {
    HeaderValue::from_str(&cookie("", 0, over_tls)).ok()
}

/// Cookie of a browser that is away at an OpenID provider.
const OIDC_COOKIE: &str = "smartbox_oidc";
/// It is sent where it is needed and nowhere else.
const OIDC_PATH: &str = "/sign-in/oidc";

/// What the browser kept while it was away.
pub(crate) fn oidc_handle(headers: &HeaderMap) -> Option<String> {
    match named(headers, OIDC_COOKIE) {
        Session::Token(handle) => Some(handle),
        Session::None | Session::Unusable => None,
    }
}

/// `Set-Cookie` that lets a browser prove that it is the one that went away.
pub(crate) fn set_oidc(handle: &SecretString, ttl: Duration, over_tls: bool) -> Option<HeaderValue> {
    let mut value = oidc_cookie(handle.expose_secret(), ttl.as_secs(), over_tls)?;
    value.set_sensitive(true);
    Some(value)
}

/// `Set-Cookie` that takes it back.
pub(crate) fn clear_oidc(over_tls: bool) -> Option<HeaderValue> {
    oidc_cookie("", 0, over_tls)
}

fn oidc_cookie(value: &str, max_age: u64, over_tls: bool) -> Option<HeaderValue> {
    let secure = if over_tls { "; Secure" } else { "" };
    let text =
        format!("{OIDC_COOKIE}={value}; HttpOnly; SameSite=Lax; Path={OIDC_PATH}; Max-Age={max_age}{secure}");
    HeaderValue::from_str(&text).ok()
}

fn cookie(value: &str, max_age: u64, over_tls: bool) -> String {
    let (prefix, secure) = if over_tls { (HOST_PREFIX, "; Secure") } else { ("", "") };
    format!("{prefix}{SESSION_COOKIE}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={max_age}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cookies: &[&[u8]]) -> Session {
        let values = cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_bytes(cookie).unwrap()));
        session(&values.collect())
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let token = |text: &str| Session::Token(text.to_owned());
        assert_eq!(of(&[b"smartbox_session=abc"]), token("abc"));
        assert_eq!(of(&[b"a=1; smartbox_session=abc;b=2"]), token("abc"));
        assert_eq!(of(&[b"a=\xff\xfe", b"x; ;=;smartbox_session = \"abc\" "]), token("abc"));
        assert_eq!(of(&[b"smartbox_session=abc; smartbox_session=abc"]), token("abc"));
    }

    #[test]
    fn over_tls_a_cookie_counts_that_no_other_host_can_set() {
        let of = |cookies: &'static str| {
            let headers = [
                (COOKIE, HeaderValue::from_static(cookies)),
                (http::HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static("https")),
            ];
            session(&headers.into_iter().collect())
        };
        assert_eq!(
            of("__Host-smartbox_session=abc; smartbox_session=tossed"),
            Session::Token("abc".to_owned())
        );
        assert_eq!(of("smartbox_session=tossed"), Session::None);
        let whole = set_box("abc", "/", 60, true).unwrap();
        assert!(whole.to_str().unwrap().starts_with("__Host-smartbox_box=abc"));
        let below = set_box("abc", "/b/home", 60, true).unwrap();
        assert!(below.to_str().unwrap().starts_with("smartbox_box=abc"));
    }

    #[test]
    fn no_session_is_read_out_of_what_only_looks_like_it() {
        for none in [
            &b""[..],
            b"smartbox_session",
            b"smartbox_session=",
            b"xsmartbox_session=a",
            b"smartbox_sessions=a",
        ] {
            assert_eq!(of(&[none]), Session::None, "{}", none.escape_ascii());
        }
    }

    #[test]
    fn a_session_cookie_of_uncertain_origin_or_shape_is_not_used() {
        let long = format!("smartbox_session={}", "a".repeat(TOKEN_LENGTH_MAX + 1));
        for bad in [
            &b"smartbox_session=a; smartbox_session=b"[..],
            b"smartbox_session=\xff",
            b"smartbox_session=a b",
            long.as_bytes(),
        ] {
            assert_eq!(of(&[bad]), Session::Unusable, "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let token = SecretString::from("abc");
        let plain = set_session(&token, Duration::from_secs(60), false).unwrap();
        assert_eq!(plain, "smartbox_session=abc; HttpOnly; SameSite=Lax; Path=/; Max-Age=60");
        let tls = set_session(&token, Duration::from_secs(60), true).unwrap();
        assert_eq!(tls, "__Host-smartbox_session=abc; HttpOnly; SameSite=Lax; Path=/; Max-Age=60; Secure");
        assert_eq!(
            clear_session(false).unwrap(),
            "smartbox_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
        );
    }
}
