//! What the gateway reads of a request, and the few bytes that it may change in it.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use serde::de::{Deserialize as _, Deserializer};
use serde_json::Number;
use serde_json::value::RawValue;

use super::Endpoint;

/// The part of a request that matters here. Reading it also proves that the body is one JSON document with one reading: a key
/// that comes twice is refused.
#[derive(serde::Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    stream: Option<bool>,
    /// Also `null`, which stands somewhere and must not be there twice.
    #[serde(borrow, default, deserialize_with = "present")]
    stream_options: Option<&'a RawValue>,
    max_tokens: Option<Number>,
    max_completion_tokens: Option<Number>,
    max_output_tokens: Option<Number>,
    n: Option<Number>,
}

/// Whatever is there, `null` as well.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A request, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) model: Option<String>,
    pub(super) is_streamed: bool,
    /// Most tokens that the caller wants to be answered, times the number of answers.
    pub(super) output_max: Option<u64>,
    /// How many answers.
    pub(super) answers: u64,
    /// Where the id of the model stands.
    model_at: Option<(usize, usize)>,
    /// What has to be written so that the stream ends in counts, and where.
    counts: Option<Edit>,
}

/// Bytes that take the place of others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// Reads a request.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(endpoint: Endpoint, body: &[u8]) -> Result<Asked, String> {
    let head: Head<'_> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let model = match head.model.map(RawValue::get) {
        None | Some("null") => None,
        Some(text) => {
            let id: Cow<'_, str> =
                serde_json::from_str(text).map_err(|_error| "`model` is no text".to_owned())?;
            Some(id.into_owned())
        }
    };
    let numbers = [&head.max_tokens, &head.max_completion_tokens, &head.max_output_tokens];
    let output_max = numbers.into_iter().flatten().filter_map(Number::as_u64).max();
    let answers = head.n.as_ref().and_then(Number::as_u64).unwrap_or(1).max(1);
    let is_streamed = head.stream == Some(true);
    let counts =
        if is_streamed && endpoint == Endpoint::ChatCompletions { counts(body, &head)? } else { None };
    Ok(Asked {
        model,
        is_streamed,
        output_max: output_max.map(|max| max.saturating_mul(answers)),
        answers,
        model_at: head.model.and_then(|model| place(body, model.get())),
        counts,
    })
}

impl Asked {
    /// Whether the counts are asked for by the gateway alone, so that the caller must not see them.
    pub(super) const fn adds_counts(&self) -> bool {
        self.counts.is_some()
    }

    /// The body to send: with another model if one is named, and with the counts asked for.
    pub(super) fn body(&self, body: &Bytes, model: Option<&str>) -> Bytes {
        let renamed = model.zip(self.model_at).map(|(model, (start, end))| Edit {
            start,
            end,
            text: serde_json::Value::from(model).to_string(),
        });
        let mut edits: Vec<&Edit> = self.counts.iter().chain(&renamed).collect();
        if edits.is_empty() {
            return body.clone();
        }
        edits.sort_unstable_by_key(|edit| edit.start);
        let mut edited = BytesMut::with_capacity(body.len() + 256);
        let mut at = 0;
        for edit in edits {
            edited.extend_from_slice(&body[at..edit.start]);
            edited.extend_from_slice(edit.text.as_bytes());
            at = edit.end;
        }
        edited.extend_from_slice(&body[at..]);
        edited.freeze()
    }
}

/// The edit that asks for counts at the end of a stream of Chat Completions, unless the caller does.
fn counts(body: &[u8], head: &Head<'_>) -> Result<Option<Edit>, String> {
    const ASK: &str = r#""include_usage":true"#;
    match head.stream_options.map(RawValue::get) {
        None => {
            // `stream` is there, so something follows the brace.
            let at = body.iter().position(|byte| *byte == b'{').map(|at| at + 1);
            Ok(at.map(|at| Edit { start: at, end: at, text: format!("\"stream_options\":{{{ASK}}},") }))
        }
        Some(text) => {
            let mut options: serde_json::Value =
                serde_json::from_str(text).map_err(|error| error.to_string())?;
            if options["include_usage"] == true {
                return Ok(None);
            }
            if options.is_null() {
                options = serde_json::json!({});
            }
            let Some(fields) = options.as_object_mut() else {
                return Err("`stream_options` is no object".to_owned());
            };
            fields.insert("include_usage".to_owned(), true.into());
            let place = place(body, text);
            Ok(place.map(|(start, end)| Edit { start, end, text: options.to_string() }))
        }
    }
}

/// Where a piece of the body stands in it.
fn place(body: &[u8], piece: &str) -> Option<(usize, usize)> {
    let start = piece.as_ptr().addr().checked_sub(body.as_ptr().addr())?;
    let end = start.checked_add(piece.len())?;
    (end <= body.len()).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn edited(body: &str, model: Option<&str>) -> (Asked, String) {
        let asked = read(Endpoint::ChatCompletions, body.as_bytes()).unwrap();
        let sent = asked.body(&Bytes::copy_from_slice(body.as_bytes()), model);
        (asked, String::from_utf8(sent.to_vec()).unwrap())
    }

    #[test]
    fn only_what_has_to_change_changes() {
        let body = r#" { "big": 1e400, "model" : "a" , "x": {"model":"b"}, "stream": false }"#;
        assert_eq!(edited(body, None).1, body);
        assert_eq!(edited(body, Some("c\"")).1, body.replace("\"a\"", r#""c\"""#));
    }

    #[test]
    fn counts_are_asked_for_where_the_caller_does_not() {
        for (options, adds, sent) in [
            ("", true, json!({ "include_usage": true })),
            (r#","stream_options":null"#, true, json!({ "include_usage": true })),
            (
                r#","stream_options":{"x":1,"include_usage":false}"#,
                true,
                json!({ "x": 1, "include_usage": true }),
            ),
            (r#","stream_options":{"include_usage":true}"#, false, json!({ "include_usage": true })),
        ] {
            let (asked, text) = edited(&format!(r#"{{"stream":true,"model":"a"{options}}}"#), Some("other"));
            assert_eq!(asked.adds_counts(), adds, "{options}");
            let sent_document: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(sent_document, json!({ "stream": true, "model": "other", "stream_options": sent }));
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for body in [
            r#"{"model":"a","model":"b"}"#,
            r#"{"model":5}"#,
            r#"{"stream":true,"stream_options":5}"#,
            "[",
            "{} {}",
        ] {
            assert!(read(Endpoint::ChatCompletions, body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn the_most_that_can_be_answered_is_read_in_every_spelling() {
        for (body, output_max) in [
            (r#"{"max_tokens":10}"#, Some(10)),
            (r#"{"max_completion_tokens":10,"max_tokens":20,"n":3}"#, Some(60)),
            (r#"{"max_output_tokens":7}"#, Some(7)),
            (r#"{"max_tokens":-1}"#, None),
            ("{}", None),
        ] {
            assert_eq!(read(Endpoint::Responses, body.as_bytes()).unwrap().output_max, output_max, "{body}");
        }
    }
}
