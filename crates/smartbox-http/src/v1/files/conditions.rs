//! `If-Match` and `If-None-Match` of files (RFC 9110, section 13).

use http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue};
use smartbox_files::{Condition, Entry};

use crate::problem::ApiError;

/// The entity tag of a file.
pub(super) fn etag(entry: &Entry) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::try_from(format!("\"{}\"", entry.tag));
    (ETAG, value.unwrap_or_else(|_error| HeaderValue::from_static("\"\"")))
}

/// What must be in the place of a file that is written.
pub(super) fn for_writing(headers: &HeaderMap) -> Result<Condition, ApiError> {
    let wanted = one(headers, &IF_MATCH, "If-Match")?;
    let unwanted = one(headers, &IF_NONE_MATCH, "If-None-Match")?;
    match (wanted, unwanted) {
        (None, None) => Ok(Condition::None),
        (Some("*"), None) => Ok(Condition::Present),
        // A weak tag never matches (strong comparison): no file has one.
        (Some(tag), None) => Ok(Condition::Tag(unquoted(tag).to_owned())),
        (None, Some("*")) => Ok(Condition::Absent),
        (None, Some(_)) => Err(ApiError::field("If-None-Match", "must be `*`: then nothing is replaced")),
        (Some(_), Some(_)) => Err(ApiError::field("If-None-Match", "goes without If-Match")),
    }
}

/// Whether whoever reads has this content already.
pub(super) fn is_known(headers: &HeaderMap, entry: &Entry) -> bool {
    let tags = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|tags| tags.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || unquoted(tag.strip_prefix("W/").unwrap_or(tag)) == entry.tag)
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName, field: &str) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().map(str::trim).unwrap_or_default();
    if values.next().is_some() || text.contains(',') || text.is_empty() {
        return Err(ApiError::field(field, "must hold one entity tag, or `*`"));
    }
    Ok(Some(text))
}

/// Quotes are forgiven: nothing else can be meant.
pub(super) fn unquoted(tag: &str) -> &str {
    tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(HeaderName, &str)]) -> Result<Condition, u16> {
        let map = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        for_writing(&map).map_err(|error| error.report("req_1").status)
    }

    #[test]
    fn conditions_are_read() {
        assert_eq!(read(&[]), Ok(Condition::None));
        assert_eq!(read(&[(IF_MATCH, "*")]), Ok(Condition::Present));
        assert_eq!(read(&[(IF_MATCH, "\"1-2-3\"")]), Ok(Condition::Tag("1-2-3".into())));
        assert_eq!(read(&[(IF_MATCH, "W/\"1\"")]), Ok(Condition::Tag("W/\"1\"".into())), "which no file has");
        assert_eq!(read(&[(IF_NONE_MATCH, "*")]), Ok(Condition::Absent));
        assert_eq!(read(&[(IF_NONE_MATCH, "\"1\"")]), Err(422));
        assert_eq!(read(&[(IF_MATCH, "\"1\", \"2\"")]), Err(422));
        assert_eq!(read(&[(IF_MATCH, "")]), Err(422));
        assert_eq!(read(&[(IF_MATCH, "*"), (IF_NONE_MATCH, "*")]), Err(422));
    }
}
