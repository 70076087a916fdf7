//! Versions of boxes and routes as entity tags (RFC 9110 §8.8.3 and §13.1.1).

use http::header::IF_MATCH;
use http::{HeaderMap, HeaderValue};

use crate::problem::{ApiError, codes};

/// The entity tag of a version.
pub(crate) fn etag(version: i64) -> HeaderValue {
    let digits = version.to_string();
    HeaderValue::from_str(&format!("\"{digits}\"")).unwrap_or_else(|_| HeaderValue::from(version))
}

/// The version that a change is bound to; `None` without the header or for `*`.
///
/// # Errors
/// 412 for a tag that no version has: the thing cannot be what the caller read.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().map(str::trim).unwrap_or_default();
    if text == "*" {
        return Ok(None);
    }
    if values.next().is_some() || text.contains(',') {
        return Err(ApiError::field("If-Match", "must hold one entity tag: a version"));
    }
    // A weak tag never matches (strong comparison). Quotes are forgiven: nothing else can be meant.
    let unquoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_number = unquoted.bytes().all(|byte| byte.is_ascii_digit());
    match unquoted.parse() {
        Ok(version) if is_number => Ok(Some(version)),
        _ => Err(ApiError::known(&codes::VERSION_MISMATCH)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<i64>, u16> {
        let headers = values.iter().map(|value| (IF_MATCH, HeaderValue::from_str(value).unwrap())).collect();
        if_match(&headers).map_err(|error| error.report("req_1").status)
    }

    #[test]
    fn a_version_is_read_back_from_its_tag() {
        assert_eq!(etag(7), "\"7\"");
        assert_eq!(read(&["\"7\""]), Ok(Some(7)));
        assert_eq!(read(&[" 7 "]), Ok(Some(7)));
        assert_eq!(read(&["*"]), Ok(None));
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn a_tag_that_no_version_has_never_matches() {
        for tag in ["\"abc\"", "W/\"7\"", "\"-7\"", "\"\"", "", "\"99999999999999999999\"", "\"7"] {
            assert_eq!(read(&[tag]), Err(412), "{tag}");
        }
        assert_eq!(read(&["\"7\", \"8\""]), Err(422));
        assert_eq!(read(&["\"7\"", "\"8\""]), Err(422));
    }
}
