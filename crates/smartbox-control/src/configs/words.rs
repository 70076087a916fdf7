//! The gateway's own words, fit for people: clipped, and without secrets of the configuration.

use serde_json::Value;
use smartbox_openclaw::config::{OwnerPart, REDACTED, redact};

/// Longest text that is told.
const CHARS_MAX: usize = 600;
/// Shorter values stand in every other text by chance.
const SECRET_CHARS_MIN: usize = 4;

/// Takes the secrets of a configuration out of texts.
pub(crate) struct Censor(Vec<String>);

impl Censor {
    /// Knows the secrets of `part`.
    pub(crate) fn of(part: &OwnerPart) -> Self {
        let (full, shown) = (part.to_value(), redact(&part.to_value()));
        let mut secrets = Vec::new();
        collect(&full, &shown, &mut secrets);
        // A secret that holds another goes first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// The text for people, on one line.
    pub(crate) fn tell(&self, text: &str) -> String {
        let clean =
            self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), REDACTED));
        let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        let printable: Vec<char> = line.chars().filter(|c| !c.is_control()).collect();
        // What was said last is why it ended.
        match printable.len().checked_sub(CHARS_MAX) {
            None | Some(0) => printable.into_iter().collect(),
            Some(left_out) => format!("…{}", printable.into_iter().skip(left_out).collect::<String>()),
        }
    }
}

fn collect(full: &Value, shown: &Value, secrets: &mut Vec<String>) {
    match (full, shown) {
        (Value::Object(full), Value::Object(shown)) => {
            for (key, value) in full {
                collect(value, shown.get(key).unwrap_or(&Value::Null), secrets);
            }
        }
        (Value::Array(full), Value::Array(shown)) => {
            full.iter().zip(shown).for_each(|(full, shown)| collect(full, shown, secrets));
        }
        (Value::String(full), Value::String(shown))
            if full != shown && full.chars().count() >= SECRET_CHARS_MIN =>
        {
            secrets.push(full.clone());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_clipped_and_hold_no_secret() {
        let part =
            OwnerPart::new(json!({ "channels": { "telegram": { "botToken": "123:abcdef" } } })).unwrap();
        let told = Censor::of(&part).tell("bad token\n  123:abcdef\u{1b}[31m");
        assert_eq!(told, format!("bad token {REDACTED}[31m"));
        let long = Censor::of(&part).tell(&format!("{}last", "x".repeat(2000)));
        assert!(long.chars().count() == CHARS_MAX + 1 && long.starts_with('…') && long.ends_with("last"));
    }
}
