//! The owner's part of a configuration: what may be in it, and how it changes.

use serde_json::{Map, Value};

use super::overlay::{self, Refused};

/// Most bytes of an owner's part, as compact JSON.
pub const OWNER_BYTES_MAX: usize = 256 * 1024;
/// Deepest nesting of it.
pub const OWNER_DEPTH_MAX: usize = 32;
/// Most keys and places of lists in it.
pub const OWNER_KEYS_MAX: usize = 5000;

/// What an owner adds to the configuration of a gateway. Within the limits; what belongs to the platform may be in it and then has no
/// effect.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OwnerPart(Map<String, Value>);

/// Values of channels are secrets.
impl std::fmt::Debug for OwnerPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OwnerPart").field(&format_args!("{} keys", self.0.len())).finish()
    }
}

/// Why a document is no owner's part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnerPartError {
    /// It is something else than an object.
    #[error("must be a JSON object")]
    NoObject,
    /// It is no JSON, or damaged.
    #[error("is not valid JSON")]
    NoJson,
    /// It is too much.
    #[error("holds {what}; at most {max} are taken")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How much is taken.
        max: usize,
    },
}

impl OwnerPart {
    /// Takes a document in.
    pub fn new(document: Value) -> Result<Self, OwnerPartError> {
        let Value::Object(map) = document else { return Err(OwnerPartError::NoObject) };
        let document = Value::Object(map);
        let mut keys = 0;
        measure(&document, 1, &mut keys)?;
        if document.to_string().len() > OWNER_BYTES_MAX {
            return Err(OwnerPartError::TooMuch { what: "too many bytes", max: OWNER_BYTES_MAX });
        }
        match document {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(OwnerPartError::NoObject),
        }
    }

    /// Reads what [`OwnerPart::to_text`] wrote. What cannot be read is an error, never an empty part.
    pub fn parse(text: &str) -> Result<Self, OwnerPartError> {
        Self::new(serde_json::from_str(text).map_err(|_error| OwnerPartError::NoJson)?)
    }

    /// As compact JSON.
    pub fn to_text(&self) -> String {
        self.to_value().to_string()
    }

    /// As a document.
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    pub(super) fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The part after a merge patch (RFC 7396): objects merge, `null` removes, everything else, lists too, replaces.
    pub fn patched(&self, patch: &Value) -> Result<Self, OwnerPartError> {
        if !patch.is_object() {
            return Err(OwnerPartError::NoObject);
        }
        let mut keys = 0;
        measure(patch, 1, &mut keys)?;
        let mut document = self.to_value();
        overlay::merge(&mut document, patch);
        Self::new(document)
    }

    /// What of it belongs to the platform.
    pub fn refused(&self) -> Vec<Refused> {
        overlay::clean(&self.0).1
    }
}

fn measure(value: &Value, depth: usize, keys: &mut usize) -> Result<(), OwnerPartError> {
    if depth > OWNER_DEPTH_MAX {
        return Err(OwnerPartError::TooMuch { what: "too deep a nesting", max: OWNER_DEPTH_MAX });
    }
    let count = match value {
        Value::Object(map) => map.len(),
        Value::Array(items) => items.len(),
        _ => return Ok(()),
    };
    *keys += count;
    if *keys > OWNER_KEYS_MAX {
        return Err(OwnerPartError::TooMuch { what: "too many keys", max: OWNER_KEYS_MAX });
    }
    match value {
        Value::Object(map) => map.values().try_for_each(|value| measure(value, depth + 1, keys)),
        Value::Array(items) => items.iter().try_for_each(|value| measure(value, depth + 1, keys)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_merges_objects_replaces_lists_and_removes_what_is_null() {
        let part = OwnerPart::new(json!({ "a": { "b": 1, "c": [1, 2] }, "d": 1 })).unwrap();
        let patched =
            part.patched(&json!({ "a": { "b": null, "c": [3] }, "e": { "f": null, "g": 1 } })).unwrap();
        assert_eq!(patched.to_value(), json!({ "a": { "c": [3] }, "d": 1, "e": { "g": 1 } }));
        assert_eq!(part.patched(&json!([])), Err(OwnerPartError::NoObject));
    }

    #[test]
    fn what_cannot_be_read_is_never_an_empty_part() {
        for text in ["", "{", "null", "[]", "\"{}\"", "{} x"] {
            assert!(OwnerPart::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_measure_has_a_bound() {
        let deep = (0..OWNER_DEPTH_MAX).fold(json!(1), |inner, _| json!({ "a": inner }));
        assert!(OwnerPart::new(deep.clone()).is_err());
        let fits = deep["a"].clone();
        assert!(OwnerPart::new(fits).is_ok());
        assert!(OwnerPart::new(json!({ "a": vec![0; OWNER_KEYS_MAX] })).is_err());
        assert!(OwnerPart::new(json!({ "a": "x".repeat(OWNER_BYTES_MAX) })).is_err());
        assert!(OwnerPart::default().patched(&deep).is_err());
    }

    #[test]
    fn what_belongs_to_the_platform_is_named_with_its_reason() {
        let part = json!({ "gateway": { "bind": "lan", "reload": { "mode": "off" } }, "tools": { "dangerouslyX": 1 } });
        let refused = OwnerPart::new(part).unwrap().refused();
        let paths: Vec<_> = refused.iter().map(|refused| refused.path.as_str()).collect();
        assert_eq!(paths, ["gateway.bind", "tools.dangerouslyX"]);
        assert!(refused[0].why.contains("the platform stands on"));
    }
}
