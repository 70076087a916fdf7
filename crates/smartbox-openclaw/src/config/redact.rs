//! Values of a configuration that nobody is shown, and how they come back with a change that leaves them as they are.

use serde_json::Value;

/// What is shown in the place of a secret.
pub const REDACTED: &str = "__SMARTBOX_REDACTED__";
/// Ends of names of secrets, in lower case without `-` and `_`.
const SECRET_ENDS: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "privatekey",
    "signingkey",
    "accesskey",
    "secretkey",
    "encryptionkey",
    "credential",
    "credentials",
    "serviceaccount",
    "cookie",
    "authorization",
    "webhookurl",
];
/// Objects every text of which is taken for a secret.
const SECRET_OBJECTS: &[&str] = &["env", "vars", "headers"];

/// The document with [`REDACTED`] in the place of every secret. References to variables (`${NAME}`) are none.
pub fn redact(document: &Value) -> Value {
    redact_at(document, "", false)
}

fn redact_at(value: &Value, key: &str, all: bool) -> Value {
    match value {
        Value::Object(map) => {
            let all = all || SECRET_OBJECTS.contains(&key);
            Value::Object(map.iter().map(|(key, value)| (key.clone(), redact_at(value, key, all))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| redact_at(item, key, all)).collect()),
        Value::String(text) if is_secret(key, text, all) => Value::from(REDACTED),
        other => other.clone(),
    }
}

fn is_secret(key: &str, text: &str, all: bool) -> bool {
    let is_reference = text.starts_with("${") && text.ends_with('}') && !text[2..].contains("${");
    if text.is_empty() || is_reference {
        return false;
    }
    let plain: String =
        key.chars().filter(|c| !matches!(c, '-' | '_')).collect::<String>().to_ascii_lowercase();
    all || SECRET_ENDS.iter().any(|end| plain.ends_with(end)) || has_user_info(text)
}

/// Whether it is an address with a name and password in it.
fn has_user_info(text: &str) -> bool {
    let Some((_scheme, rest)) = text.split_once("://") else { return false };
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

/// Puts secrets of `before` back where `document` says [`REDACTED`]. Returns the paths where there is none to put back.
pub fn restore_redacted(document: &mut Value, before: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    restore_at(document, Some(before), &mut Vec::new(), &mut missing);
    missing
}

fn restore_at(value: &mut Value, before: Option<&Value>, path: &mut Vec<String>, missing: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                path.push(key.clone());
                restore_at(value, before.and_then(|before| before.get(key.as_str())), path, missing);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter_mut().enumerate() {
                path.push(at.to_string());
                restore_at(value, before.and_then(|before| before.get(at)), path, missing);
                path.pop();
            }
        }
        Value::String(text) if text == REDACTED => match before {
            Some(kept @ Value::String(_)) => *value = kept.clone(),
            _ => missing.push(path.join(".")),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_and_come_back_where_they_were() {
        let document = json!({
            "channels": { "telegram": { "botToken": "123:abc", "enabled": true, "allowFrom": ["7"] } },
            "hooks": { "token": "${HOOK_TOKEN}" },
            "env": { "vars": { "A": "b" } },
            "tools": { "url": "https://user:pw@host/", "maxTokens": 5, "list": [{ "api_key": "k" }] },
        });
        let shown = redact(&document);
        assert_eq!(
            shown["channels"]["telegram"],
            json!({ "botToken": REDACTED, "enabled": true, "allowFrom": ["7"] })
        );
        assert_eq!(shown["hooks"], document["hooks"]);
        assert_eq!(shown["env"], json!({ "vars": { "A": REDACTED } }));
        assert_eq!(
            shown["tools"],
            json!({ "url": REDACTED, "maxTokens": 5, "list": [{ "api_key": REDACTED }] })
        );
        let mut back = shown;
        assert!(restore_redacted(&mut back, &document).is_empty());
        assert_eq!(back, document);
    }

    #[test]
    fn a_placeholder_that_stands_for_nothing_is_named() {
        let mut document = json!({ "a": [{ "token": REDACTED }], "b": { "token": REDACTED } });
        let before = json!({ "a": [], "b": { "token": 7 } });
        assert_eq!(restore_redacted(&mut document, &before), ["a.0.token", "b.token"]);
    }
}
