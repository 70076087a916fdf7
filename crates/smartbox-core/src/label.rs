//! Labels of boxes, in the syntax of Kubernetes, and selectors that find boxes by them.
//!
//! A key is a name of at most 63 characters, with a DNS subdomain and a slash in front of it if somebody wants to keep names apart
//! (`team.example/stage`). A value has at most 63 characters, and may be empty. The rules are those of
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>.

mod selector;

use std::collections::BTreeMap;

pub use selector::{BadSelector, REQUIREMENTS_MAX, SELECTOR_BYTES_MAX, Selector};

/// Most labels of a box.
pub const LABELS_MAX: usize = 32;
/// Longest name or value, in characters.
const NAME_CHARS_MAX: usize = 63;
/// Longest subdomain in front of a name.
const PREFIX_CHARS_MAX: usize = 253;

/// Why these are no labels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLabel {
    /// A key is none.
    #[error(
        "`{0}` is no key of a label: 1 to {NAME_CHARS_MAX} letters, digits, `-`, `_` and `.`, a letter or digit first and last, with a \
         DNS subdomain and `/` before it at most"
    )]
    Key(String),
    /// A value is none.
    #[error(
        "`{0}` is no value of a label: at most {NAME_CHARS_MAX} letters, digits, `-`, `_` and `.`, a letter or digit first and last"
    )]
    Value(String),
    /// There are too many.
    #[error("a box has at most {LABELS_MAX} labels")]
    TooMany,
}

/// The labels of a box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// These, if they are labels. Of two with the same key the last counts.
    ///
    /// # Errors
    /// The first that is none.
    pub fn new(labels: impl IntoIterator<Item = (String, String)>) -> Result<Self, BadLabel> {
        let mut checked = BTreeMap::new();
        for (key, value) in labels {
            checked.insert(checked_key(&key)?, checked_value(&value)?);
        }
        if checked.len() > LABELS_MAX { Err(BadLabel::TooMany) } else { Ok(Self(checked)) }
    }

    /// The same with these changes: a value is set, nothing in its place removes.
    ///
    /// # Errors
    /// As [`Labels::new`].
    pub fn patched(&self, changes: &BTreeMap<String, Option<String>>) -> Result<Self, BadLabel> {
        let mut after = self.0.clone();
        for (key, value) in changes {
            match value {
                Some(value) => after.insert(key.clone(), value.clone()),
                None => after.remove(key),
            };
        }
        Self::new(after)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

fn checked_key(text: &str) -> Result<String, BadLabel> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let is_key = is_name(name) && prefix.is_none_or(is_subdomain);
    if is_key { Ok(text.to_owned()) } else { Err(BadLabel::Key(shown(text))) }
}

fn checked_value(text: &str) -> Result<String, BadLabel> {
    let is_value = text.is_empty() || is_name(text);
    if is_value { Ok(text.to_owned()) } else { Err(BadLabel::Value(shown(text))) }
}

/// Enough of a text that is wrong to know it again.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX + 1).collect()
}

fn is_name(text: &str) -> bool {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= NAME_CHARS_MAX
        && is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// RFC 1123 names with dots between them, in small letters.
fn is_subdomain(text: &str) -> bool {
    let is_part = |part: &str| {
        is_name(part) && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    text.len() <= PREFIX_CHARS_MAX && text.split('.').all(is_part)
}

#[cfg(test)]
mod tests;
