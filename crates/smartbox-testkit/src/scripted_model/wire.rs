//! Answers in the vendors' words.

use serde_json::{Value, json};

use super::script::Step;

/// Tokens that every answer claims to have read and written.
const TOKENS: (u32, u32) = (10, 5);

/// A wire protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Messages,
    Chat,
    Responses,
}

/// An answer that is being written down.
#[derive(Debug)]
pub(super) struct Writer {
    wire: Wire,
    model: Value,
    wants_usage: bool,
    /// Index of the next content block or tool call.
    blocks: usize,
    /// Whether a block of text is open.
    in_text: bool,
    used_tool: bool,
    /// Everything said so far.
    said: String,
    calls: Vec<(String, Value)>,
}

impl Wire {
    /// An error as the vendor writes it.
    pub(super) fn error(self, status: u16, message: &str) -> Value {
        let kind = match (self, status) {
            (_, 401) => "authentication_error",
            (Self::Messages, 429) => "rate_limit_error",
            (Self::Messages, 529) => "overloaded_error",
            (Self::Messages, 500..) => "api_error",
            (_, 500..) => "server_error",
            (_, 429) => "requests",
            _ => "invalid_request_error",
        };
        match self {
            Self::Messages => {
                json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": "req_scripted" })
            }
            Self::Chat | Self::Responses => {
                json!({ "error": { "message": message, "type": kind, "param": null, "code": null } })
            }
        }
    }
}

impl Writer {
    pub(super) fn new(wire: Wire, request: &Value) -> Self {
        Self {
            wire,
            model: request["model"].clone(),
            wants_usage: request["stream_options"]["include_usage"] == true,
            blocks: 0,
            in_text: false,
            used_tool: false,
            said: String::new(),
            calls: Vec::new(),
        }
    }

    /// What comes before the first step.
    pub(super) fn begin(&self) -> String {
        match self.wire {
            Wire::Messages => event("message_start", json!({ "message": self.message(&json!([]), None) })),
            Wire::Chat => self.chunk(json!({ "role": "assistant", "content": "" }), None),
            Wire::Responses => event("response.created", json!({ "response": self.response("in_progress") })),
        }
    }

    /// A piece of text.
    pub(super) fn say(&mut self, text: &str) -> String {
        self.said.push_str(text);
        match self.wire {
            Wire::Messages => {
                let mut events = String::new();
                if !self.in_text {
                    self.in_text = true;
                    events += &self.block(json!({ "type": "text", "text": "" }));
                }
                events + &self.block_delta(json!({ "type": "text_delta", "text": text }))
            }
            Wire::Chat => self.chunk(json!({ "content": text }), None),
            Wire::Responses => {
                event("response.output_text.delta", json!({ "output_index": 0, "delta": text }))
            }
        }
    }

    /// A call of a tool.
    pub(super) fn use_tool(&mut self, name: &str, input: &Value) -> String {
        let mut events = self.close_block();
        let id = format!("call_{}", self.blocks);
        self.used_tool = true;
        self.calls.push((name.to_owned(), input.clone()));
        match self.wire {
            Wire::Messages => {
                events += &self.block(json!({ "type": "tool_use", "id": id, "name": name, "input": {} }));
                events += &self
                    .block_delta(json!({ "type": "input_json_delta", "partial_json": input.to_string() }));
                self.in_text = true;
                events += &self.close_block();
            }
            Wire::Chat => {
                let call = json!({ "index": self.blocks, "id": id, "type": "function",
                    "function": { "name": name, "arguments": input.to_string() } });
                events += &self.chunk(json!({ "tool_calls": [call] }), None);
                self.blocks += 1;
            }
            Wire::Responses => {}
        }
        events
    }

    /// What comes after the last step.
    pub(super) fn end(&mut self) -> String {
        let mut events = self.close_block();
        match self.wire {
            Wire::Messages => {
                let delta = json!({ "stop_reason": self.stop_reason(), "stop_sequence": null });
                events += &event(
                    "message_delta",
                    json!({ "delta": delta, "usage": { "output_tokens": TOKENS.1 } }),
                );
                events + &event("message_stop", json!({}))
            }
            Wire::Chat => {
                events += &self.chunk(json!({}), Some(self.stop_reason()));
                if self.wants_usage {
                    let mut chunk = self.frame("chat.completion.chunk", json!([]));
                    chunk["usage"] = usage();
                    events += &format!("data: {chunk}\n\n");
                }
                events + "data: [DONE]\n\n"
            }
            Wire::Responses => event("response.completed", json!({ "response": self.response("completed") })),
        }
    }

    /// The answer in one document, after all steps.
    pub(super) fn whole(&self) -> Value {
        match self.wire {
            Wire::Messages => {
                let texts = [json!({ "type": "text", "text": self.said })];
                let calls = self.calls.iter().enumerate().map(|(index, (name, input))| {
                    json!({ "type": "tool_use", "id": format!("call_{index}"), "name": name, "input": input })
                });
                self.message(&texts.into_iter().chain(calls).collect(), Some(self.stop_reason()))
            }
            Wire::Chat => {
                let mut message = json!({ "role": "assistant", "content": self.said });
                if self.used_tool {
                    message["tool_calls"] = self
                        .calls
                        .iter()
                        .enumerate()
                        .map(|(index, (name, input))| {
                            let function = json!({ "name": name, "arguments": input.to_string() });
                            json!({ "id": format!("call_{index}"), "type": "function", "function": function })
                        })
                        .collect();
                }
                let choice = json!({ "index": 0, "message": message, "finish_reason": self.stop_reason() });
                let mut whole = self.frame("chat.completion", json!([choice]));
                whole["usage"] = usage();
                whole
            }
            Wire::Responses => self.response("completed"),
        }
    }

    /// What a step puts on the wire.
    pub(super) fn write(&mut self, step: &Step) -> String {
        match step {
            Step::Say(text) => self.say(text),
            Step::UseTool { name, input } => self.use_tool(name, input),
            Step::Raw(bytes) => bytes.clone(),
            Step::Wait(_) | Step::Cut => String::new(),
        }
    }

    fn stop_reason(&self) -> &'static str {
        match (self.wire, self.used_tool) {
            (Wire::Messages, true) => "tool_use",
            (Wire::Messages, false) => "end_turn",
            (_, true) => "tool_calls",
            (_, false) => "stop",
        }
    }

    fn block(&self, block: Value) -> String {
        event("content_block_start", json!({ "index": self.blocks, "content_block": block }))
    }

    fn block_delta(&self, delta: Value) -> String {
        event("content_block_delta", json!({ "index": self.blocks, "delta": delta }))
    }

    fn close_block(&mut self) -> String {
        if self.wire != Wire::Messages || !self.in_text {
            return String::new();
        }
        self.in_text = false;
        self.blocks += 1;
        event("content_block_stop", json!({ "index": self.blocks - 1 }))
    }

    fn message(&self, content: &Value, stop_reason: Option<&str>) -> Value {
        json!({
            "id": "msg_scripted", "type": "message", "role": "assistant", "model": self.model, "content": content,
            "stop_reason": stop_reason, "stop_sequence": null,
            "usage": { "input_tokens": TOKENS.0, "output_tokens": TOKENS.1 },
        })
    }

    fn chunk(&self, delta: Value, finish: Option<&str>) -> String {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        format!("data: {}\n\n", self.frame("chat.completion.chunk", json!([choice])))
    }

    fn frame(&self, object: &str, choices: Value) -> Value {
        json!({
            "id": "chatcmpl_scripted", "object": object, "created": 0, "model": self.model, "choices": choices,
        })
    }

    fn response(&self, status: &str) -> Value {
        let text = json!({ "type": "output_text", "text": self.said, "annotations": [] });
        let item = json!({ "id": "msg_scripted", "type": "message", "role": "assistant", "status": status,
            "content": [text] });
        json!({
            "id": "resp_scripted", "object": "response", "created_at": 0, "status": status, "model": self.model,
            "output": if status == "completed" { json!([item]) } else { json!([]) },
            "usage": { "input_tokens": TOKENS.0, "output_tokens": TOKENS.1, "total_tokens": TOKENS.0 + TOKENS.1 },
        })
    }
}

fn usage() -> Value {
    json!({ "prompt_tokens": TOKENS.0, "completion_tokens": TOKENS.1, "total_tokens": TOKENS.0 + TOKENS.1 })
}

fn event(name: &str, mut data: Value) -> String {
    data["type"] = json!(name);
    format!("event: {name}\ndata: {data}\n\n")
}
