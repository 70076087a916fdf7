//! Paths that mean the same to everybody.
//!
//! A gateway's rules are found by path, so nothing may come through that the gateway could read as another path than
//! the edge does: what decoding twice, merging slashes, climbing up or a URL parser's leniency would change is refused.

use http::StatusCode;

use crate::problem::Problem;

/// The path, decoded.
///
/// # Errors
/// It could be read in more than one way.
pub(crate) fn plain(path: &str) -> Result<String, Problem> {
    if is_simple(path) {
        return Ok(path.to_owned());
    }
    let decoded = String::from_utf8(decoded(path)).map_err(|_bytes| ambiguous("It is not UTF-8."))?;
    if path.bytes().any(|byte| !byte.is_ascii_graphic()) || has_stray_percent(path) {
        return Err(ambiguous("It holds characters that have to be encoded."));
    }
    if decoded.matches('/').count() != path.matches('/').count() || decoded.contains('\\') {
        return Err(ambiguous("It holds an encoded slash or a backslash."));
    }
    if decoded.chars().any(char::is_control) || has_percent_code(&decoded) {
        return Err(ambiguous("It holds a control character, or is encoded twice."));
    }
    // A URL parser takes what follows two slashes for a host.
    let inner = decoded.strip_prefix('/').unwrap_or(&decoded);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let is_odd = |segment: &str| segment.is_empty() || segment == "." || segment == "..";
    if decoded != "/" && inner.split('/').any(is_odd) {
        return Err(ambiguous("It has an empty segment, or one of dots."));
    }
    Ok(decoded)
}

/// Whether a path is one that nobody could want to decode, like most.
fn is_simple(path: &str) -> bool {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'~' | b'.');
    let has_odd_segment = || path.as_bytes().windows(2).any(|pair| matches!(pair, b"//" | b"/."));
    path.starts_with('/') && path.bytes().all(is_safe) && !has_odd_segment()
}

/// Names of query parameters that pages and programs once put credentials into, or another gateway's address for them.
const CREDENTIALS: [&str; 9] = [
    "access_token",
    "apikey",
    "api_key",
    "auth_token",
    "bootstraptoken",
    "devicetoken",
    "gatewayurl",
    "password",
    "token",
];

/// Refuses credentials in an address: it is kept in histories and logs, and followed by whoever is sent it.
///
/// # Errors
/// There is one.
pub(crate) fn refuse_credentials(query: Option<&str>) -> Result<(), Problem> {
    let Some(query) = query else { return Ok(()) };
    let pairs = query.split(['&', ';']);
    let mut names = pairs.map(|pair| pair.split('=').next().unwrap_or_default());
    let is_credential = |name: &str| {
        let name = String::from_utf8_lossy(&decoded(name)).to_ascii_lowercase();
        CREDENTIALS.contains(&name.trim())
    };
    if !names.any(is_credential) {
        return Ok(());
    }
    let title = "An address is no place for credentials";
    Err(Problem::new(StatusCode::BAD_REQUEST, "credential-in-url", title)
        .detail("The query names a token, a password or another gateway.")
        .remedy("Leave it out: whoever is signed in needs none. Programs send a header."))
}

/// Whether a `%` is not followed by two hexadecimal digits.
fn has_stray_percent(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| !starts_with_code(rest))
}

/// Whether something is left to decode.
fn has_percent_code(decoded: &str) -> bool {
    decoded.split('%').skip(1).any(starts_with_code)
}

fn decoded(path: &str) -> Vec<u8> {
    let mut pieces = path.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        // One without a code is refused anyway.
        let code = piece.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.extend(code);
        bytes.extend_from_slice(piece.as_bytes().get(2..).unwrap_or_default());
    }
    bytes
}

fn starts_with_code(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_hexdigit)
}

fn ambiguous(why: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad-request", "The path could be read in more than one way")
        .detail(why)
        .remedy("Ask for it in its plain form.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_are_decoded() {
        for (path, decoded) in [
            ("/", "/"),
            ("/chat/main", "/chat/main"),
            ("/a/", "/a/"),
            ("/tool%73/invoke", "/tools/invoke"),
            ("/media/a%20b%C3%A9.png", "/media/a bé.png"),
            ("/chat/agent%3Amain%3Amain", "/chat/agent:main:main"),
            ("/100%25", "/100%"),
            ("/a.b-c_d~e/F9", "/a.b-c_d~e/F9"),
            ("/.well-known/a", "/.well-known/a"),
            ("/...", "/..."),
        ] {
            assert_eq!(plain(path).unwrap(), decoded);
        }
    }

    #[test]
    fn what_a_gateway_could_read_differently_is_refused() {
        for path in [
            "//evil.example/tools/invoke",
            "/a//b",
            "/a//",
            "/./a",
            "/a/..",
            "/a/../b",
            "/%2e%2e/a",
            "/a/%2E",
            "/a%2fb",
            "/a%5cb",
            "/a\\b",
            "/a%00",
            "/a%0ab",
            "/a%252fb",
            "/a%25%32%66",
            "/a%ff",
            "/a%",
            "/a%zz",
            "/a\u{e9}",
        ] {
            assert!(plain(path).is_err(), "{path}");
        }
    }

    #[test]
    fn credentials_are_no_part_of_an_address() {
        for query in [
            "token=x",
            "a=1&gatewayUrl=wss://evil.example",
            "Password=",
            "a;token=1",
            "t%6Fken=x",
            "access_token",
        ] {
            assert!(refuse_credentials(Some(query)).is_err(), "{query}");
        }
        for query in ["", "session=token", "tokens=1", "themeTokens=1", "mediaTicket=x"] {
            assert!(refuse_credentials(Some(query)).is_ok(), "{query}");
        }
        assert!(refuse_credentials(None).is_ok());
    }
}
