//! `Range` of files (RFC 9110, section 14): one part of the bytes.

use http::HeaderMap;
use http::header::{IF_RANGE, RANGE};
use smartbox_files::Entry;

use super::conditions::unquoted;

/// Which bytes of a file are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All.
    Whole,
    /// From this one to that one, both included.
    Of(u64, u64),
    /// None that it has.
    Nothing,
}

/// Reads the header. What is not understood asks for the whole, and so do several parts, and one of another content.
pub(super) fn part(headers: &HeaderMap, entry: &Entry) -> Part {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_another = text(IF_RANGE).is_some_and(|tag| unquoted(tag.trim()) != entry.tag);
    let range = text(RANGE).and_then(|range| range.trim().strip_prefix("bytes="));
    match range.and_then(|range| range.split_once('-')).filter(|_| !is_another) {
        Some(("", last)) => number(last).map_or(Part::Whole, |count| suffix(count, entry.bytes)),
        Some((first, last)) => match (number(first), last, number(last)) {
            (Some(first), "", _) => from(first, u64::MAX, entry.bytes),
            (Some(first), _, Some(last)) if first <= last => from(first, last, entry.bytes),
            _ => Part::Whole,
        },
        None => Part::Whole,
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

fn from(first: u64, last: u64, length: u64) -> Part {
    match length.checked_sub(1) {
        Some(end) if first <= end => Part::Of(first, last.min(end)),
        _ => Part::Nothing,
    }
}

fn suffix(count: u64, length: u64) -> Part {
    match (count, length.checked_sub(1)) {
        (0, _) | (_, None) => Part::Nothing,
        (_, Some(end)) => Part::Of(length.saturating_sub(count), end),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use smartbox_files::Kind;

    use super::*;

    fn of(range: &str, length: u64, if_range: Option<&str>) -> Part {
        let entry = Entry {
            name: Vec::new(),
            kind: Kind::File,
            bytes: length,
            modified_ms: 0,
            mode: 0,
            tag: "t".into(),
            target: None,
        };
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_str(range).unwrap());
        if let Some(tag) = if_range {
            headers.insert(IF_RANGE, HeaderValue::from_str(tag).unwrap());
        }
        part(&headers, &entry)
    }

    #[test]
    fn parts_are_cut_to_what_there_is() {
        for (range, part) in [
            ("bytes=0-3", Part::Of(0, 3)),
            ("bytes=4-", Part::Of(4, 9)),
            ("bytes=4-99", Part::Of(4, 9)),
            ("bytes=-3", Part::Of(7, 9)),
            ("bytes=-99", Part::Of(0, 9)),
            ("bytes=9-9", Part::Of(9, 9)),
            ("bytes=10-", Part::Nothing),
            ("bytes=-0", Part::Nothing),
            ("bytes=99999999999999999999999-", Part::Nothing),
            ("bytes=3-1", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=1-2", Part::Whole),
        ] {
            assert_eq!(of(range, 10, None), part, "{range}");
        }
        assert_eq!(of("bytes=0-", 0, None), Part::Nothing);
    }

    #[test]
    fn a_part_of_another_content_is_not_given() {
        assert_eq!(of("bytes=0-3", 10, Some("\"t\"")), Part::Of(0, 3));
        assert_eq!(of("bytes=0-3", 10, Some("\"older\"")), Part::Whole);
        assert_eq!(of("bytes=0-3", 10, Some("Sat, 29 Oct 1994 19:43:31 GMT")), Part::Whole);
    }
}
