//! What the edge reads of a request: who wants an answer, and what is asked for.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Longest id and method. Real ones are UUIDs and names.
const WORD_BYTES_MAX: usize = 256;

/// The head of a request frame. Everything else in it is skipped without being built.
///
/// A member that comes twice is refused: two parsers need not agree which of them counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) id: String,
    pub(super) method: String,
}

/// Reads a request; `None` if it is none.
pub(super) fn parse(text: &str) -> Option<Request> {
    serde_json::from_str(text).ok()
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Request;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request frame")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Request, A::Error> {
        let (mut kind, mut id, mut method, mut has_params) = (None, None, None, false);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "type" => set(&mut kind, map.next_value()?)?,
                "id" => set(&mut id, map.next_value()?)?,
                "method" => set(&mut method, map.next_value()?)?,
                "params" if has_params => return Err(twice()),
                other => {
                    has_params |= other == "params";
                    let _skipped: IgnoredAny = map.next_value()?;
                }
            }
        }
        match (kind.as_deref(), id, method) {
            (Some("req"), Some(id), Some(method)) => Ok(Request { id, method }),
            _ => Err(A::Error::custom("not a request")),
        }
    }
}

fn set<E: Error>(place: &mut Option<String>, word: String) -> Result<(), E> {
    if word.len() > WORD_BYTES_MAX {
        return Err(E::custom("too long"));
    }
    if place.replace(word).is_some() { Err(twice()) } else { Ok(()) }
}

fn twice<E: Error>() -> E {
    E::custom("a member comes twice")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(text: &str) -> Option<String> {
        parse(text).map(|request| request.method)
    }

    #[test]
    fn the_head_of_a_request_is_read_wherever_it_stands() {
        let text = r#" {"params":{"method":"x","deep":[[{}]],"half":"\ud800"},"method":"chat.send","id":"1","type":"req"} "#;
        assert_eq!(parse(text), Some(Request { id: "1".into(), method: "chat.send".into() }));
    }

    #[test]
    fn escapes_are_seen_decoded() {
        assert_eq!(
            method(r#"{"type":"req","id":"1","method":"confi\u0067.get"}"#).as_deref(),
            Some("config.get")
        );
        assert_eq!(
            method(r#"{"type":"req","id":"1","meth\u006fd":"config.get"}"#).as_deref(),
            Some("config.get")
        );
    }

    #[test]
    fn a_member_that_comes_twice_is_refused_in_any_spelling() {
        for twice in [
            r#"{"type":"req","id":"1","method":"health","method":"config.set"}"#,
            r#"{"type":"req","id":"1","method":"health","params":{},"m\u0065thod":"config.set"}"#,
            r#"{"type":"req","id":"1","id":"2","method":"health"}"#,
            r#"{"type":"req","type":"req","id":"1","method":"health"}"#,
            r#"{"type":"req","id":"1","method":"health","params":{},"params":{}}"#,
        ] {
            assert_eq!(method(twice), None, "{twice}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for noise in [
            "",
            "null",
            "[]",
            "{}",
            "{",
            r#""req""#,
            r#"{"type":"res","id":"1","method":"health"}"#,
            r#"{"type":"req","id":1,"method":"health"}"#,
            r#"{"type":"req","id":"1","method":["health"]}"#,
            r#"{"type":"req","id":"1","method":null}"#,
            r#"{"type":"req","id":"1"}"#,
            r#"{"type":"req","id":"1","method":"health"}{"type":"req","id":"1","method":"config.set"}"#,
            "\u{feff}{\"type\":\"req\",\"id\":\"1\",\"method\":\"health\"}",
        ] {
            assert_eq!(method(noise), None, "{noise}");
        }
        assert_eq!(
            method(&format!(r#"{{"type":"req","id":"{}","method":"health"}}"#, "1".repeat(257))),
            None
        );
    }
}
