//! Cookies: the platform's are none of a box's business, and a box's none of the platform's.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// Name prefixes with a meaning to browsers (RFC 6265bis §4.1.3). A cookie with one is as good as one without.
const NAME_PREFIXES: [&str; 2] = ["__Host-", "__Secure-"];

/// The client's cookies without those of the platform.
pub(crate) fn without(headers: &HeaderMap, platform: &[String]) -> Option<HeaderValue> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let theirs: Vec<&str> = values
        .flat_map(|value| value.split(';'))
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty() && !is_platforms(cookie_name(cookie), platform))
        .collect();
    if theirs.is_empty() { None } else { HeaderValue::try_from(theirs.join("; ")).ok() }
}

/// A cookie that a box sets, kept to the box's own paths and to this very host. `None` if it must not be set.
pub(crate) fn scoped(value: &HeaderValue, platform: &[String], prefix: &str) -> Option<HeaderValue> {
    let cookie = value.to_str().ok()?;
    let mut parts = cookie.split(';').map(str::trim);
    let pair = parts.next()?;
    // A browser sends a cookie without name as its bare value, which may look like ours.
    let (name, _value) = pair.split_once('=')?;
    if name.trim().is_empty() || is_platforms(name.trim(), platform) {
        return None;
    }
    let mut scoped = pair.to_owned();
    for attribute in parts {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        if name.trim().eq_ignore_ascii_case("domain") {
            continue;
        }
        scoped.push_str("; ");
        if name.trim().eq_ignore_ascii_case("path") && value.trim().starts_with('/') {
            scoped.push_str(&format!("Path={prefix}{}", value.trim()));
        } else {
            scoped.push_str(attribute);
        }
    }
    HeaderValue::try_from(scoped).ok()
}

fn cookie_name(cookie: &str) -> &str {
    cookie.split_once('=').map_or(cookie, |(name, _value)| name).trim()
}

fn is_platforms(name: &str, platform: &[String]) -> bool {
    let strip = |name: &str| {
        let prefix = NAME_PREFIXES.iter().find(|prefix| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) //
        });
        name[prefix.map_or(0, |prefix| prefix.len())..].to_ascii_lowercase()
    };
    platform.iter().any(|known| strip(known) == strip(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Vec<String> {
        vec!["smartbox_session".to_owned()]
    }

    #[test]
    fn a_box_never_sees_the_platforms_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; smartbox_session=x;b=2"));
        headers
            .append(COOKIE, HeaderValue::from_static("__Host-smartbox_session=y; c=3; Smartbox_Session=z"));
        assert_eq!(without(&headers, &ours()).unwrap(), "a=1; b=2; c=3");
        headers.clear();
        headers.append(COOKIE, HeaderValue::from_static("smartbox_session=x"));
        assert_eq!(without(&headers, &ours()), None);
    }

    #[test]
    fn a_box_cannot_set_the_platforms_cookies() {
        for cookie in [
            "smartbox_session=evil; Path=/",
            " SMARTBOX_SESSION =evil",
            "__Secure-smartbox_session=evil",
            "=smartbox_session=evil",
            "smartbox_session",
            "",
        ] {
            assert_eq!(scoped(&HeaderValue::from_static(cookie), &ours(), ""), None, "{cookie}");
        }
    }

    #[test]
    fn a_boxes_cookie_stays_with_the_box() {
        let set = HeaderValue::from_static("a=1; Path=/x; Domain=example.com; HttpOnly");
        assert_eq!(scoped(&set, &ours(), "/b/home").unwrap(), "a=1; Path=/b/home/x; HttpOnly");
        assert_eq!(scoped(&set, &ours(), "").unwrap(), "a=1; Path=/x; HttpOnly");
    }
}
