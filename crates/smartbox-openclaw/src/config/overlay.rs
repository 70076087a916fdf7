//! An owner's additions to a gateway's configuration, and what they may not touch.

use serde_json::{Map, Value};

/// Parts that belong to the platform, and why. `*` stands for any key, or any place in a list.
const RESERVED: &[(&[&str], &str)] = &[
    (&["gateway"], "who reaches the gateway, and how, is what the platform stands on"),
    (&["models"], "models are reached through the platform's AI gateway; see `smartbox model`"),
    (&["update"], "the platform upgrades the agent runtime; see `smartbox box upgrade`"),
    (&["proxy"], "the way out of the box is the platform's; see `smartbox egress`"),
    (&["secrets", "egressProxy"], "the way out of the box is the platform's; see `smartbox egress`"),
    (&["discovery"], "a box has no network to be discovered in"),
    (&["meta"], "the platform writes the file"),
    (&["wizard"], "the platform writes the file"),
    (&["logging", "file"], "the platform reads and rotates this log"),
    (&["logging", "maxFileBytes"], "the platform reads and rotates this log"),
    (&["agent"], "it is an old name of `agents.defaults`"),
    (&["agents", "defaults", "workspace"], "backups rest on where the workspace is"),
    (&["agents", "defaults", "heartbeat"], HEARTBEAT),
    (&["agents", "entries", "*", "heartbeat"], HEARTBEAT),
    (&["agents", "list", "*", "heartbeat"], HEARTBEAT),
    (&["plugins", "enabled"], "the platform talks to the gateway through a plugin"),
    (&["plugins", "entries", "admin-http-rpc"], "the platform talks to the gateway through this plugin"),
    (&["env", "shellEnv"], "the environment of the gateway is the platform's; see `smartbox secret`"),
];
const HEARTBEAT: &str = "a heartbeat that is overdue would run at each wake; use `smartbox schedule`";
/// Parts of [`RESERVED`] parts that an owner may set all the same.
const OPEN: &[&[&str]] =
    &[&["gateway", "reload"], &["gateway", "cliAgents"], &["gateway", "controlUi", "environment"]];
/// Switches that weaken a gateway, wherever they stand.
const DANGEROUS_PREFIX: &str = "dangerously";
/// Reads further files.
const INCLUDE_KEY: &str = "$include";
/// Environment variables that change how Node.js or OpenClaw itself runs.
const RESERVED_VARIABLES: &[&str] = &["NODE_", "OPENCLAW_", "LD_"];

/// A part of an overlay that has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where it stands, with `.` between keys.
    pub path: String,
    /// Why.
    pub why: &'static str,
}

/// The overlay without what belongs to the platform, and what was left out.
pub(super) fn clean(overlay: &Map<String, Value>) -> (Value, Vec<Refused>) {
    let mut ignored = Vec::new();
    let kept = clean_map(overlay, &mut Vec::new(), &mut ignored);
    (Value::Object(kept), ignored)
}

fn clean_map<'a>(
    map: &'a Map<String, Value>,
    path: &mut Vec<&'a str>,
    ignored: &mut Vec<Refused>,
) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in map {
        path.push(key);
        match (verdict(path), value) {
            (Verdict::Reserved(why), _) => ignored.push(Refused { path: path.join("."), why }),
            // The value is not the object that its open parts would stand in.
            (Verdict::PartlyOpen(why), value) if !value.is_object() => {
                ignored.push(Refused { path: path.join("."), why });
            }
            (Verdict::PartlyOpen(_) | Verdict::Free, value) => {
                kept.insert(key.clone(), clean_value(value, path, ignored));
            }
        }
        path.pop();
    }
    kept
}

fn clean_value<'a>(value: &'a Value, path: &mut Vec<&'a str>, ignored: &mut Vec<Refused>) -> Value {
    match value {
        Value::Object(map) => Value::Object(clean_map(map, path, ignored)),
        Value::Array(items) => {
            path.push("*");
            let items = items.iter().map(|item| clean_value(item, path, ignored)).collect();
            path.pop();
            Value::Array(items)
        }
        other => other.clone(),
    }
}

enum Verdict {
    Free,
    PartlyOpen(&'static str),
    Reserved(&'static str),
}

fn verdict(path: &[&str]) -> Verdict {
    let key = path.last().copied().unwrap_or_default();
    let is_variable = path.first() == Some(&"env");
    if key == INCLUDE_KEY {
        return Verdict::Reserved("the configuration is one document");
    }
    if key.starts_with(DANGEROUS_PREFIX) {
        return Verdict::Reserved("it weakens the gateway");
    }
    if is_variable && RESERVED_VARIABLES.iter().any(|prefix| key.starts_with(prefix)) {
        return Verdict::Reserved("it changes how the gateway itself runs");
    }
    let reserved = RESERVED
        .iter()
        .find(|(pattern, _why)| path.len() >= pattern.len() && matches(&path[..pattern.len()], pattern));
    let Some((_pattern, why)) = reserved else { return Verdict::Free };
    if OPEN.iter().any(|open| path.len() >= open.len() && path[..open.len()] == **open) {
        return Verdict::Free;
    }
    let holds_open_part = OPEN.iter().any(|open| open.len() > path.len() && open[..path.len()] == *path);
    if holds_open_part { Verdict::PartlyOpen(why) } else { Verdict::Reserved(why) }
}

fn matches(path: &[&str], pattern: &[&str]) -> bool {
    path.iter().zip(pattern).all(|(key, wanted)| *wanted == "*" || key == wanted)
}

/// Merges `patch` into `target` (RFC 7396): objects merge, `null` removes, everything else replaces.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    let target = as_object(target);
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// Puts `value` at `path`, making objects of whatever is in the way.
pub(super) fn set(document: &mut Value, path: &[&str], value: Value) {
    *object_at(document, path) = value;
}

/// Removes the object at `key` if nothing is in it.
pub(super) fn remove_empty(document: &mut Value, key: &str) {
    if document[key].as_object().is_some_and(Map::is_empty) {
        as_object(document).remove(key);
    }
}

/// The place at `path`, made if need be.
pub(super) fn object_at<'a>(document: &'a mut Value, path: &[&str]) -> &'a mut Value {
    path.iter().fold(document, |place, key| as_object(place).entry(*key).or_insert(Value::Null))
}

fn as_object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("it was made an object above"),
    }
}

/// Keeps a plugin on the list of allowed ones, if there is a list, and off the list of denied ones.
pub(super) fn permit_plugin(document: &mut Value, plugin: &str) {
    let plugins = as_object(object_at(document, &["plugins"]));
    if let Some(Value::Array(allowed)) = plugins.get_mut("allow")
        && !allowed.is_empty()
        && !allowed.iter().any(|name| name == plugin)
    {
        allowed.push(Value::from(plugin));
    }
    if let Some(Value::Array(denied)) = plugins.get_mut("deny") {
        denied.retain(|name| name != plugin);
    }
}
