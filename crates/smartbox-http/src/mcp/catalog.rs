//! Which routes are tools, and what the OpenAPI document says of them.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use http::Method;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

/// What calling a tool does, for clients that ask their user before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Changes nothing.
    Reads,
    /// Changes something that can be changed back.
    Changes,
    /// Ends or overwrites something, or lets a program loose.
    Destroys,
}

/// Tools and the routes behind them, by `operationId`.
const TOOLS: &[(&str, &str, Effect)] = &[
    ("list_boxes", "listBoxes", Effect::Reads),
    ("show_box", "showBox", Effect::Reads),
    ("why_box", "whyBox", Effect::Reads),
    ("box_timeline", "boxTimeline", Effect::Reads),
    ("box_usage", "showBoxUsage", Effect::Reads),
    ("create_box", "createBox", Effect::Changes),
    ("start_box", "startBox", Effect::Changes),
    ("stop_box", "stopBox", Effect::Destroys),
    ("restart_box", "restartBox", Effect::Destroys),
    ("sleep_box", "sleepBox", Effect::Changes),
    ("wake_box", "wakeBox", Effect::Changes),
    ("delete_box", "deleteBox", Effect::Destroys),
    ("wait_for_operation", "showOperation", Effect::Reads),
    ("run_command", "execSync", Effect::Destroys),
    ("start_command", "startExec", Effect::Destroys),
    ("show_command", "showExec", Effect::Reads),
    ("list_commands", "listExecs", Effect::Reads),
    ("kill_command", "killExec", Effect::Destroys),
    ("read_file", "getFile", Effect::Reads),
    ("write_file", "putFile", Effect::Destroys),
    ("delete_file", "deleteFile", Effect::Changes),
    ("search_files", "searchFiles", Effect::Reads),
    ("read_logs", "boxLogs", Effect::Reads),
    ("send_message", "sendMessage", Effect::Changes),
];

/// Headers that are arguments, under these names.
const HEADERS: &[(&str, &str)] = &[
    ("Idempotency-Key", "idempotency_key"),
    ("If-Match", "if_match"),
    ("If-None-Match", "if_none_match"),
    ("Range", "range"),
];
/// Parameters that no call of a tool can use: it ends with its answer.
const NEVER: &[&str] = &["follow"];
/// The argument that becomes a body of bytes.
const CONTENT: &str = "content";
const SCHEMAS: &str = "#/components/schemas/";

/// Where an argument of a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header(&'static str),
}

/// A tool and its route.
pub(super) struct Entry {
    pub(super) tool: Tool,
    pub(super) method: Method,
    pub(super) path: String,
    /// Arguments outside of the body.
    pub(super) parameters: Vec<(String, Place)>,
    pub(super) body: Body,
}

/// What the body is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    None,
    /// Of these arguments, as an object.
    Object(BTreeSet<String>),
    /// Of the argument `content`, as it is.
    Text,
}

static CATALOG: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let document = serde_json::to_value(crate::openapi()).unwrap_or_default();
    TOOLS.iter().filter_map(|(tool, operation, effect)| entry(&document, tool, operation, *effect)).collect()
});

/// Every tool.
pub(super) fn all() -> &'static [Entry] {
    &CATALOG
}

/// The tool of this name.
pub(super) fn find(name: &str) -> Option<&'static Entry> {
    CATALOG.iter().find(|entry| entry.tool.name == name)
}

fn entry(document: &Value, tool: &'static str, operation: &str, effect: Effect) -> Option<Entry> {
    let (path, method, route) = route(document, operation)?;
    let mut arguments = Arguments::default();
    let mut parameters = Vec::new();
    for parameter in route["parameters"].as_array().into_iter().flatten() {
        let Some((name, place)) = place(parameter) else { continue };
        let is_required = parameter["required"] == true;
        arguments.add(&name, described(&parameter["schema"], &parameter["description"]), is_required);
        parameters.push((name, place));
    }
    let body = arguments.add_body(document, &route["requestBody"]);
    let about = [&route["summary"], &route["description"]].map(|text| text.as_str().unwrap_or_default());
    let text = about.join("\n\n").trim().to_owned();
    let hints =
        ToolAnnotations::new().read_only(effect == Effect::Reads).destructive(effect == Effect::Destroys);
    let schema = Arc::new(arguments.into_schema(document));
    let tool = Tool::new_with_raw(tool, Some(text.into()), schema).with_annotations(hints);
    Some(Entry { tool, method, path: path.to_owned(), parameters, body })
}

fn route<'a>(document: &'a Value, operation: &str) -> Option<(&'a str, Method, &'a Value)> {
    let paths = document["paths"].as_object()?;
    paths.iter().find_map(|(path, item)| {
        let (method, route) =
            item.as_object()?.iter().find(|(_, route)| route["operationId"] == operation)?;
        Some((path.as_str(), method.to_uppercase().parse().ok()?, route))
    })
}

fn place(parameter: &Value) -> Option<(String, Place)> {
    let name = parameter["name"].as_str()?;
    if NEVER.contains(&name) {
        return None;
    }
    match parameter["in"].as_str()? {
        "path" => Some((name.to_owned(), Place::Path)),
        "query" => Some((name.to_owned(), Place::Query)),
        "header" => {
            let (header, argument) = HEADERS.iter().find(|(header, _)| *header == name)?;
            Some(((*argument).to_owned(), Place::Header(header)))
        }
        _ => None,
    }
}

fn described(schema: &Value, description: &Value) -> Value {
    let mut schema = if schema.is_object() { schema.clone() } else { json!({ "type": "string" }) };
    if let (Some(object), Some(text)) = (schema.as_object_mut(), description.as_str()) {
        object.insert("description".to_owned(), text.into());
    }
    schema
}

/// The arguments of a tool, as they are gathered.
#[derive(Default)]
struct Arguments {
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl Arguments {
    fn add(&mut self, name: &str, schema: Value, is_required: bool) {
        self.properties.insert(name.to_owned(), schema);
        if is_required {
            self.required.push(name.into());
        }
    }

    fn add_body(&mut self, document: &Value, body: &Value) -> Body {
        let Some((media_type, content)) = body["content"].as_object().and_then(|types| types.iter().next())
        else {
            return Body::None;
        };
        if media_type != "application/json" {
            self.add(CONTENT, json!({ "type": "string", "description": "What is written, as text." }), true);
            return Body::Text;
        }
        let (schema, is_optional) = object_of(document, &content["schema"]);
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut names = BTreeSet::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            self.add(name, property.clone(), !is_optional && required.contains(name.as_str()));
            names.insert(name.clone());
        }
        Body::Object(names)
    }

    fn into_schema(self, document: &Value) -> JsonObject {
        let mut definitions = Map::new();
        let mut properties = Value::Object(self.properties);
        embed(document, &mut properties, &mut definitions);
        let schema = json!({
            "type": "object",
            "properties": properties,
            "required": self.required,
            "additionalProperties": false,
        });
        let mut schema = if let Value::Object(schema) = schema { schema } else { Map::new() };
        if !definitions.is_empty() {
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
        schema
    }
}

/// The object behind a schema, and whether there may be none.
fn object_of<'a>(document: &'a Value, schema: &'a Value) -> (&'a Value, bool) {
    if let Some(choices) = schema["oneOf"].as_array() {
        let some = choices.iter().find(|choice| choice["type"] != "null").unwrap_or(&Value::Null);
        return (object_of(document, some).0, true);
    }
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(SCHEMAS)) {
        Some(name) => (&document["components"]["schemas"][name], false),
        None => (schema, false),
    }
}

/// Takes along what a schema refers to.
fn embed(document: &Value, schema: &mut Value, definitions: &mut Map<String, Value>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(SCHEMAS).map(str::to_owned)
            {
                *reference = format!("#/$defs/{name}");
                if !definitions.contains_key(&name) {
                    definitions.insert(name.clone(), Value::Null);
                    let mut definition = document["components"]["schemas"][&name].clone();
                    embed(document, &mut definition, definitions);
                    definitions.insert(name, definition);
                }
            }
            object.values_mut().for_each(|value| embed(document, value, definitions));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| embed(document, value, definitions)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_a_route_of_the_document_and_says_what_it_takes() {
        assert_eq!(all().len(), TOOLS.len(), "a tool names a route that is not there");
        for entry in all() {
            let schema = &entry.tool.input_schema;
            let text = serde_json::to_string(schema).unwrap();
            assert!(!text.contains(SCHEMAS), "{}: what it refers to is not there: {text}", entry.tool.name);
            assert!(entry.tool.description.as_ref().is_some_and(|text| text.len() > 10));
            let in_path = entry.path.matches('{').count();
            let required = schema["required"].as_array().unwrap();
            let placed = entry.parameters.iter().filter(|(_, place)| *place == Place::Path);
            assert_eq!(placed.count(), in_path, "{}", entry.tool.name);
            assert!(required.len() >= in_path, "{}", entry.tool.name);
        }
    }

    #[test]
    fn arguments_go_where_the_route_wants_them() {
        let write = find("write_file").unwrap();
        assert_eq!((&write.method, &write.body), (&Method::PUT, &Body::Text));
        assert!(write.parameters.contains(&("path".to_owned(), Place::Path)));
        assert!(write.parameters.contains(&("parents".to_owned(), Place::Query)));
        let Body::Object(names) = &find("run_command").unwrap().body else { panic!() };
        assert!(names.contains("argv"));
        let logs = find("read_logs").unwrap();
        assert!(logs.parameters.iter().all(|(name, _)| name != "follow"), "a call ends");
        assert!(
            find("create_box")
                .unwrap()
                .parameters
                .contains(&("idempotency_key".to_owned(), Place::Header("Idempotency-Key")))
        );
    }
}
