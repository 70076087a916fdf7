//! The request that a call of a tool is.

use axum::body::Body;
use form_urlencoded::Serializer;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rmcp::model::JsonObject;
use serde_json::Value;

use super::catalog::{self, Entry, Place};

/// What stands for itself in a part of a path (RFC 3986 §2.3).
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The parameter with slashes in it.
const PATH: &str = "path";

/// Makes the request. What is wrong with the arguments is said in words; what is right for the tool and wrong for the route
/// the route says.
pub(super) fn request(entry: &Entry, mut arguments: JsonObject) -> Result<Request<Body>, String> {
    let mut path = entry.path.clone();
    let mut query = Serializer::new(String::new());
    let mut request = Request::builder().method(entry.method.clone()).header(ACCEPT, "application/json");
    for (name, place) in &entry.parameters {
        let Some(value) = arguments.remove(name).filter(|value| !value.is_null()) else {
            if *place == Place::Path {
                return Err(format!("`{name}` is missing"));
            }
            continue;
        };
        let text = plain(name, value)?;
        match place {
            Place::Path => path = path.replace(&format!("{{{name}}}"), &part(name, &text)?),
            Place::Query => {
                query.append_pair(name, &text);
            }
            Place::Header(header) => {
                let value = HeaderValue::from_str(&text)
                    .map_err(|_unprintable| format!("`{name}` has characters that no header can have"))?;
                request = request.header(*header, value);
            }
        }
    }
    let (media_type, body) = body(entry, &mut arguments)?;
    if let Some(unknown) = arguments.keys().next() {
        return Err(format!("`{unknown}` is no argument of this tool"));
    }
    if let Some(media_type) = media_type {
        request = request.header(CONTENT_TYPE, media_type);
    }
    let query = query.finish();
    let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
    request.uri(uri).body(body).map_err(|_too_long| "the arguments make no address".to_owned())
}

fn plain(name: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        _ => Err(format!("`{name}` must be a text, a number, or true or false")),
    }
}

fn part(name: &str, text: &str) -> Result<String, String> {
    let parts: Vec<&str> = if name == PATH { text.split('/').collect() } else { vec![text] };
    // An empty part or one of dots would make another path of it.
    if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
        return Err(format!("`{name}` must be neither empty nor have parts that are empty, `.` or `..`"));
    }
    let encoded: Vec<_> = parts.into_iter().map(|part| utf8_percent_encode(part, PART).to_string()).collect();
    Ok(encoded.join("/"))
}

fn body(entry: &Entry, arguments: &mut JsonObject) -> Result<(Option<&'static str>, Body), String> {
    match &entry.body {
        catalog::Body::None => Ok((None, Body::empty())),
        catalog::Body::Text => match arguments.remove("content") {
            Some(Value::String(text)) => Ok((Some("application/octet-stream"), Body::from(text))),
            _ => Err("`content` must be a text".to_owned()),
        },
        catalog::Body::Object(names) => {
            let object: JsonObject =
                names.iter().filter_map(|name| arguments.remove_entry(name.as_str())).collect();
            Ok((Some("application/json"), Body::from(Value::Object(object).to_string())))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(tool: &str, arguments: Value) -> Result<Request<Body>, String> {
        let Value::Object(arguments) = arguments else { panic!() };
        request(catalog::find(tool).unwrap(), arguments)
    }

    #[test]
    fn arguments_cannot_become_another_path_or_query() {
        let read = |arguments| made("read_file", arguments).map(|request| request.uri().to_string());
        assert_eq!(
            read(json!({ "box": "home", "path": "workspace/a b?x=1#é.md", "stat": true })).unwrap(),
            "/v1/boxes/home/files/workspace/a%20b%3Fx%3D1%23%C3%A9.md?stat=true"
        );
        assert_eq!(
            read(json!({ "box": "a/../b?", "path": "x" })).unwrap(),
            "/v1/boxes/a%2F..%2Fb%3F/files/x",
            "one part"
        );
        for (smartbox, path) in [("..", "x"), ("", "x"), ("home", "../x"), ("home", "a//b"), ("home", "/etc")]
        {
            let refused = read(json!({ "box": smartbox, "path": path })).unwrap_err();
            assert!(refused.contains("must be neither empty"), "{smartbox} {path}: {refused}");
        }
    }

    #[test]
    fn what_is_missing_unknown_or_of_another_type_is_told() {
        for (tool, arguments, told) in [
            ("show_box", json!({}), "`box` is missing"),
            ("show_box", json!({ "box": null }), "`box` is missing"),
            ("show_box", json!({ "box": {} }), "`box` must be a text"),
            ("show_box", json!({ "box": "home", "bux": 1 }), "`bux` is no argument"),
            ("read_logs", json!({ "box": "home", "follow": true }), "`follow` is no argument"),
            ("write_file", json!({ "box": "home", "path": "x" }), "`content` must be a text"),
            ("create_box", json!({ "name": "x", "idempotency_key": "a\nb" }), "no header can have"),
        ] {
            let refused = made(tool, arguments).unwrap_err();
            assert!(refused.contains(told), "{tool}: {refused}");
        }
    }

    #[test]
    fn a_body_holds_its_arguments_and_no_others() {
        let request = made("create_box", json!({ "name": "x", "idempotency_key": "k" })).unwrap();
        assert_eq!(request.headers()["idempotency-key"], "k");
        assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
    }
}
