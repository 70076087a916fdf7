//! Whether an owner's part may be, and can be: before any gateway sees it.

use std::collections::HashSet;

use secrecy::SecretString;
use serde_json::{Map, Value};
use smartbox_openclaw::config::{self, OwnerPart};
use smartbox_store::Smartbox;

use super::FIELD;
use crate::{Control, Error, FieldIssue};

/// Most paths that an event names.
const PATHS_MAX: usize = 40;

impl Control {
    /// Refuses what belongs to the platform, and what this version of the agent runtime does not know.
    pub(super) async fn check_owner_part(&self, row: &Smartbox, part: &OwnerPart) -> Result<(), Error> {
        let issue = |message: String| FieldIssue { field: FIELD, message };
        let refused = part.refused();
        if !refused.is_empty() {
            let told = refused
                .iter()
                .map(|one| issue(format!("`{}` belongs to the platform: {}", one.path, one.why)));
            return Err(Error::Invalid(told.collect()));
        }
        let schema = match self.inner.runtimes.config_schema(&row.runtime_version).await {
            Ok(schema) => schema,
            // The gateway checks, too, and the box goes back to what it had when it refuses.
            Err(why) => {
                tracing::warn!(box.id = %row.id, why, "a configuration is not checked against a schema");
                return Ok(());
            }
        };
        // What the platform itself writes is not the owner's to answer for.
        let without = schema.check(&self.effective_config(row, &OwnerPart::default()));
        let mut found = schema.check(&self.effective_config(row, part));
        found.retain(|found| !without.contains(found));
        if found.is_empty() {
            return Ok(());
        }
        let version = &row.runtime_version;
        let told = found.into_iter().map(|found| {
            let place = if found.path.is_empty() {
                "the configuration".to_owned()
            } else {
                format!("`{}`", found.path)
            };
            issue(format!("{place} {} (OpenClaw {version})", found.problem))
        });
        Err(Error::Invalid(told.collect()))
    }

    /// What the gateway is given, but for what makes it believe the platform.
    pub(super) fn effective_config(&self, row: &Smartbox, part: &OwnerPart) -> Value {
        let stand_in = SecretString::from("hidden");
        config::with_owner(&self.offered_models(row), &stand_in, Some(part)).to_value()
    }
}

/// Where two parts differ, as deep as both have objects.
pub(super) fn changed_paths(before: &OwnerPart, after: &OwnerPart) -> Vec<String> {
    let mut paths = Vec::new();
    differ(&before.to_value(), &after.to_value(), &mut Vec::new(), &mut paths);
    paths.truncate(PATHS_MAX);
    paths
}

fn differ(before: &Value, after: &Value, path: &mut Vec<String>, paths: &mut Vec<String>) {
    if before == after {
        return;
    }
    let nothing = Map::new();
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let keys: HashSet<&String> = before.keys().chain(after.keys()).collect();
            let mut keys: Vec<&String> = keys.into_iter().collect();
            keys.sort();
            for key in keys {
                path.push(key.clone());
                match (before.get(key), after.get(key)) {
                    (Some(before), Some(after)) => differ(before, after, path, paths),
                    (Some(Value::Object(gone)), None) => {
                        differ(&Value::Object(gone.clone()), &Value::Object(nothing.clone()), path, paths);
                    }
                    (None, Some(Value::Object(new))) => {
                        differ(&Value::Object(nothing.clone()), &Value::Object(new.clone()), path, paths);
                    }
                    _ => paths.push(path.join(".")),
                }
                path.pop();
            }
        }
        _ => paths.push(path.join(".")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_named_by_their_paths() {
        let part = |value| OwnerPart::new(value).unwrap();
        let before = part(json!({ "a": { "b": 1, "c": [1] }, "d": { "e": 1 } }));
        let after = part(json!({ "a": { "b": 1, "c": [2] }, "f": { "g": { "h": 1 } } }));
        assert_eq!(changed_paths(&before, &after), ["a.c", "d.e", "f.g.h"]);
        assert!(changed_paths(&before, &before).is_empty());
    }
}
