//! The gateway's own schema of its configuration: the parts of JSON Schema (draft 7) that it is written in.
//!
//! `pattern`, `format` and `uniqueItems` are not looked at: the gateway does, and a box goes back to what it had when it refuses.

use serde_json::{Map, Value};

/// Words for people and for editors. Without them the schema is a quarter of its size.
const WORDS: &[&str] = &["title", "description", "default", "examples", "format", "$schema", "$id"];
/// Keywords the value of which is an object of schemas, by names that are no keywords.
const NAMED_SCHEMAS: &[&str] = &["properties", "patternProperties", "$defs", "definitions"];
/// Most that is said at once.
const ISSUES_MAX: usize = 20;
/// Schemas in schemas. The gateway's are 20 deep.
const DEPTH_MAX: usize = 128;

/// The schema of one version of the agent runtime.
#[derive(Clone, Debug)]
pub struct ConfigSchema(Value);

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaIssue {
    /// Where, with `.` between keys.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl ConfigSchema {
    /// Takes a schema in. `None` for what is no schema of a configuration: one that describes no key would refuse every one.
    pub fn new(document: &Value) -> Option<Self> {
        let has_keys =
            document.get("properties").and_then(Value::as_object).is_some_and(|keys| !keys.is_empty());
        has_keys.then(|| Self(without_words(document, false)))
    }

    /// As a document, without the words for people.
    pub fn document(&self) -> &Value {
        &self.0
    }

    /// What of a configuration does not fit; empty when all of it does.
    pub fn check(&self, document: &Value) -> Vec<SchemaIssue> {
        let mut walk = Walk { path: Vec::new(), issues: Vec::new(), depth: 0 };
        walk.check(&self.0, &self.0, document);
        walk.issues.truncate(ISSUES_MAX);
        walk.issues
    }
}

fn without_words(value: &Value, is_named: bool) -> Value {
    match value {
        Value::Object(map) => {
            let keep = |key: &String| is_named || !WORDS.contains(&key.as_str());
            let below = |key: &str| !is_named && NAMED_SCHEMAS.contains(&key);
            let kept = map.iter().filter(|(key, _)| keep(key));
            let of = |(key, value): (&String, &Value)| match value {
                Value::Array(names) if key == "required" && !is_named => Value::Array(asked_for(map, names)),
                _ => without_words(value, below(key)),
            };
            Value::Object(kept.map(|pair| (pair.0.clone(), of(pair))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| without_words(item, false)).collect()),
        other => other.clone(),
    }
}

/// The schema tells what the gateway works with: among the keys that it requires are those that it adds itself, with a default.
fn asked_for(schema: &Map<String, Value>, required: &[Value]) -> Vec<Value> {
    let property = |name: &Value| schema.get("properties")?.get(name.as_str()?);
    let is_added = |name: &&Value| property(name).is_some_and(|property| property.get("default").is_some());
    required.iter().filter(|name| !is_added(name)).cloned().collect()
}

struct Walk {
    path: Vec<String>,
    issues: Vec<SchemaIssue>,
    depth: usize,
}

impl Walk {
    /// `base` is the schema whose `$defs` references mean.
    fn check(&mut self, base: &Value, schema: &Value, value: &Value) {
        if self.issues.len() >= ISSUES_MAX || self.depth >= DEPTH_MAX {
            return;
        }
        let Value::Object(schema_map) = schema else {
            if *schema == Value::Bool(false) {
                self.say("is not known here");
            }
            return;
        };
        let base = if schema_map.contains_key("$defs") { schema } else { base };
        self.depth += 1;
        self.check_composed(base, schema_map, value);
        self.check_kind(schema_map, value);
        match value {
            Value::Object(map) => self.check_object(base, schema_map, map),
            Value::Array(items) => self.check_array(base, schema_map, items),
            Value::String(text) => self.check_text(schema_map, text),
            Value::Number(number) => self.check_number(schema_map, number.as_f64().unwrap_or_default()),
            Value::Null | Value::Bool(_) => {}
        }
        self.depth -= 1;
    }

    fn say(&mut self, problem: impl Into<String>) {
        self.issues.push(SchemaIssue { path: self.path.join("."), problem: problem.into() });
    }

    /// What is wrong with the value by one of several schemas.
    fn try_one(&mut self, base: &Value, schema: &Value, value: &Value) -> Vec<SchemaIssue> {
        let before = std::mem::take(&mut self.issues);
        self.check(base, schema, value);
        std::mem::replace(&mut self.issues, before)
    }

    fn check_composed(&mut self, base: &Value, schema: &Map<String, Value>, value: &Value) {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = name.strip_prefix('#').and_then(|pointer| base.pointer(pointer))
        {
            self.check(base, target, value);
        }
        for all in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.check(base, all, value);
        }
        // Of `oneOf`, too, it is enough that one fits: which alternatives exclude each other is the gateway's to say.
        for several in ["anyOf", "oneOf"] {
            let Some(choices) = schema.get(several).and_then(Value::as_array) else { continue };
            let tried: Vec<_> = choices.iter().map(|choice| self.try_one(base, choice, value)).collect();
            if tried.iter().any(Vec::is_empty) {
                continue;
            }
            match nearest(tried, self.path.len()) {
                Some(issues) => self.issues.extend(issues),
                None => self.say("is none of the forms that are known here"),
            }
        }
        if let Some(not) = schema.get("not")
            && self.try_one(base, not, value).is_empty()
        {
            self.say("is excluded here");
        }
        if let Some(condition) = schema.get("if") {
            let branch = if self.try_one(base, condition, value).is_empty() { "then" } else { "else" };
            if let Some(branch) = schema.get(branch) {
                self.check(base, branch, value);
            }
        }
    }

    fn check_kind(&mut self, schema: &Map<String, Value>, value: &Value) {
        let kinds: Vec<&str> = match schema.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| is_a(kind, value)) {
            self.say(format!("must be of the type {}", kinds.join(" or ")));
        }
        if let Some(only) = schema.get("const")
            && only != value
        {
            self.say(format!("must be {only}"));
        }
        if let Some(known) = schema.get("enum").and_then(Value::as_array)
            && !known.contains(value)
        {
            let known: Vec<_> = known.iter().take(12).map(Value::to_string).collect();
            self.say(format!("must be one of {}", known.join(", ")));
        }
    }

    fn check_object(&mut self, base: &Value, schema: &Map<String, Value>, map: &Map<String, Value>) {
        for needed in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if let Some(key) = needed.as_str()
                && !map.contains_key(key)
            {
                self.say(format!("lacks `{key}`"));
            }
        }
        self.check_count(schema, ("minProperties", "maxProperties"), map.len(), "keys");
        let known = schema.get("properties").and_then(Value::as_object);
        for (key, value) in map {
            self.path.push(key.clone());
            if let Some(names) = schema.get("propertyNames") {
                self.check(base, names, &Value::from(key.as_str()));
            }
            match (known.and_then(|known| known.get(key)), schema.get("additionalProperties")) {
                (Some(of_key), _) => self.check(base, of_key, value),
                // Which names a pattern means is not looked at.
                (None, _) if schema.contains_key("patternProperties") => {}
                (None, Some(Value::Bool(false))) => self.say("is not a key that it knows"),
                (None, Some(others)) => self.check(base, others, value),
                (None, None) => {}
            }
            self.path.pop();
        }
    }

    fn check_array(&mut self, base: &Value, schema: &Map<String, Value>, items: &[Value]) {
        self.check_count(schema, ("minItems", "maxItems"), items.len(), "items");
        for (at, item) in items.iter().enumerate() {
            let of_item = match schema.get("items") {
                Some(Value::Array(places)) => places.get(at).or_else(|| schema.get("additionalItems")),
                other => other,
            };
            if let Some(of_item) = of_item {
                self.path.push(at.to_string());
                self.check(base, of_item, item);
                self.path.pop();
            }
        }
    }

    fn check_text(&mut self, schema: &Map<String, Value>, text: &str) {
        self.check_count(schema, ("minLength", "maxLength"), text.encode_utf16().count(), "characters");
    }

    fn check_count(
        &mut self,
        schema: &Map<String, Value>,
        (least, most): (&str, &str),
        count: usize,
        what: &str,
    ) {
        let bound =
            |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        if let Some(least) = bound(least).filter(|least| count < *least) {
            self.say(format!("needs at least {least} {what}"));
        }
        if let Some(most) = bound(most).filter(|most| count > *most) {
            self.say(format!("takes at most {most} {what}"));
        }
    }

    fn check_number(&mut self, schema: &Map<String, Value>, number: f64) {
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        if let Some(least) = bound("minimum").filter(|least| number < *least) {
            self.say(format!("must be at least {least}"));
        }
        if let Some(most) = bound("maximum").filter(|most| number > *most) {
            self.say(format!("must be at most {most}"));
        }
        if let Some(least) = bound("exclusiveMinimum").filter(|least| number <= *least) {
            self.say(format!("must be more than {least}"));
        }
        if let Some(most) = bound("exclusiveMaximum").filter(|most| number >= *most) {
            self.say(format!("must be less than {most}"));
        }
    }
}

/// Of several attempts the one that was meant: the one whose mistakes are further down. `None`: no kind fits at all.
fn nearest(tried: Vec<Vec<SchemaIssue>>, here: usize) -> Option<Vec<SchemaIssue>> {
    let depth = |issue: &SchemaIssue| if issue.path.is_empty() { 0 } else { issue.path.split('.').count() };
    let inside = |issues: &[SchemaIssue]| issues.iter().all(|issue| depth(issue) > here);
    tried.into_iter().filter(|issues| inside(issues)).min_by_key(Vec::len)
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> ConfigSchema {
        ConfigSchema::new(&json!({
            "type": "object",
            "properties": {
                "title": { "type": "string", "title": "A name that is a keyword elsewhere" },
                "size": { "type": "integer", "minimum": 1, "maximum": 9 },
                "mode": { "enum": ["a", "b"] },
                "list": { "type": "array", "items": { "type": "string", "minLength": 1 }, "maxItems": 2 },
                "form": { "anyOf": [
                    { "type": "string" },
                    { "type": "object", "properties": { "every": { "type": "string" }, "mode": { "default": "x" } }, "required": ["every", "mode"],
                      "additionalProperties": false },
                ] },
                "open": { "type": "object", "additionalProperties": { "type": "boolean" } },
                "part": { "$defs": { "x": { "const": 7 } }, "properties": { "y": { "$ref": "#/$defs/x" } } },
            },
            "additionalProperties": false,
        }))
        .unwrap()
    }

    fn said(document: Value) -> Vec<String> {
        schema()
            .check(&document)
            .into_iter()
            .map(|issue| format!("{}: {}", issue.path, issue.problem))
            .collect()
    }

    #[test]
    fn what_fits_is_taken() {
        let document = json!({
            "title": "x", "size": 3, "mode": "a", "list": ["a"], "form": { "every": "1m" }, "open": { "a": true },
            "part": { "y": 7 },
        });
        assert_eq!(said(document), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_path() {
        assert_eq!(said(json!({ "unknown": 1 })), ["unknown: is not a key that it knows"]);
        assert_eq!(said(json!({ "size": 1.5 })), ["size: must be of the type integer"]);
        assert_eq!(said(json!({ "size": 10 })), ["size: must be at most 9"]);
        assert_eq!(said(json!({ "mode": "c" })), ["mode: must be one of \"a\", \"b\""]);
        assert_eq!(said(json!({ "list": ["", 1] })).len(), 2);
        assert_eq!(said(json!({ "list": ["a", "b", "c"] })), ["list: takes at most 2 items"]);
        assert_eq!(
            said(json!({ "form": { "evry": "1m", "every": "2m" } })),
            ["form.evry: is not a key that it knows"]
        );
        assert_eq!(said(json!({ "form": 7 })), ["form: is none of the forms that are known here"]);
        assert_eq!(said(json!({ "open": { "a": 1 } })), ["open.a: must be of the type boolean"]);
        assert_eq!(said(json!({ "part": { "y": 8 } })), ["part.y: must be 7"]);
        assert_eq!(said(json!([])), ["must be of the type object"].map(|text| format!(": {text}")));
    }

    #[test]
    fn what_describes_nothing_is_no_schema() {
        for document in [json!({}), json!(null), json!({ "properties": {} })] {
            assert!(ConfigSchema::new(&document).is_none(), "{document}");
        }
    }
}
