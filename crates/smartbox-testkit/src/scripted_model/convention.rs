//! What a call without a script gets.

use serde_json::Value;

use super::script::ModelScript;

/// What a call without a script gets.
pub(super) fn by_convention(body: &Value) -> ModelScript {
    let messages = body["messages"].as_array().or_else(|| body["input"].as_array());
    let turns: Vec<Turn> = match (messages, body["input"].as_str()) {
        (Some(messages), _) => messages.iter().map(Turn::of).filter(|turn| !turn.text.is_empty()).collect(),
        (None, text) => vec![Turn { text: text.unwrap_or_default().to_owned(), is_result: false }],
    };
    let Some(last) = turns.last() else { return ModelScript::say(["scripted: nothing was said"]) };
    if last.is_result {
        return ModelScript::say(["the tool said: ", &last.text]);
    }
    match last.text.split_once("RUN:") {
        Some((_, command)) => ModelScript::run(command.lines().next().unwrap_or_default().trim()),
        None => ModelScript::say(["scripted reply to: ", &last.text]),
    }
}

/// A message as far as the convention looks at it.
struct Turn {
    text: String,
    is_result: bool,
}

impl Turn {
    fn of(message: &Value) -> Self {
        let is_result = message["role"] == "tool"
            || message["type"] == "function_call_output"
            || message["content"]
                .as_array()
                .is_some_and(|parts| parts.iter().any(|part| part["type"] == "tool_result"));
        let content = if message["output"].is_null() { &message["content"] } else { &message["output"] };
        Self { text: without_internal_context(&text_of(content)), is_result }
    }
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().map(|part| match part["type"].as_str() {
                Some("tool_result") => text_of(&part["content"]),
                _ => part["text"].as_str().unwrap_or_default().to_owned(),
            });
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// OpenClaw adds a message for the model's eyes only; the convention looks at what people and tools say.
fn without_internal_context(text: &str) -> String {
    let (begin, end) = ("<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>", "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>");
    let visible = match (text.find(begin), text.rfind(end)) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &text[..from], &text[to + end.len()..]),
        (Some(from), _) => text[..from].to_owned(),
        (None, _) => text.to_owned(),
    };
    visible.trim().to_owned()
}
