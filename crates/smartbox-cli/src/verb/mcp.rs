//! `smartbox mcp`: the platform's tools for programs that speak the Model Context Protocol over standard input and output.
//!
//! One message of JSON-RPC a line, both ways (<https://modelcontextprotocol.io>, transport "stdio"). Each is passed on to `/mcp` of the
//! platform as it is; so the tools, and what may be done with them, are the platform's.

use std::sync::OnceLock;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Longest message, in bytes: the platform takes no larger one.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Requests that are answered at the same time; further ones wait in the pipe.
const UNDER_WAY_MAX: usize = 16;
/// JSON-RPC 2.0: what came is no JSON.
const PARSE_ERROR: i32 = -32700;
/// The same, of the errors that servers define.
const NOT_PASSED_ON: i32 = -32000;

/// Passes messages on until standard input ends, and everything is answered.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let Some(stdin) = console.take_stdin() else { return Ok(Exit::Success) };
    let mut lines = FramedRead::new(stdin, LinesCodec::new_with_max_length(MESSAGE_BYTES_MAX));
    let version = OnceLock::new();
    let mut under_way = FuturesUnordered::new();
    let mut is_over = false;
    while !is_over || !under_way.is_empty() {
        let answer = tokio::select! {
            line = lines.next(), if !is_over && under_way.len() < UNDER_WAY_MAX => match line {
                Some(Ok(line)) => {
                    if !line.trim().is_empty() {
                        under_way.push(pass_on(client, &version, line));
                    }
                    None
                }
                Some(Err(LinesCodecError::MaxLineLengthExceeded)) => {
                    Some(error(Value::Null, PARSE_ERROR, &format!("a message has at most {MESSAGE_BYTES_MAX} bytes"), None))
                }
                Some(Err(LinesCodecError::Io(error))) => {
                    let failure = Failure::new(Exit::Failed, "Standard input could not be read.");
                    return Err(failure.detail(error.to_string()));
                }
                None => {
                    is_over = true;
                    None
                }
            },
            Some(answer) = under_way.next(), if !under_way.is_empty() => answer,
        };
        if let Some(answer) = answer {
            console.json(&answer).await?;
        }
    }
    Ok(Exit::Success)
}

/// Passes one message on. Answers what is to be written, if anything is.
async fn pass_on(client: &Client, version: &OnceLock<String>, line: String) -> Option<Value> {
    let message: Value = match serde_json::from_str(&line) {
        Ok(message) => message,
        Err(what) => return Some(error(Value::Null, PARSE_ERROR, &what.to_string(), None)),
    };
    match client.mcp(&message, version.get().map(String::as_str)).await {
        Ok(answer) => {
            let agreed = answer.as_ref().and_then(|answer| answer["result"]["protocolVersion"].as_str());
            if let Some(agreed) = agreed.filter(|_agreed| message["method"] == "initialize") {
                // A second `initialize` changes nothing: there are no sessions.
                let _first = version.set(agreed.to_owned());
            }
            answer
        }
        // What nobody waits for has no answer, whatever became of it.
        Err(failure) => {
            let id = message.get("id")?.clone();
            Some(error(id, NOT_PASSED_ON, failure.title(), Some(failure.document())))
        }
    }
}

fn error(id: Value, code: i32, message: &str, data: Option<Value>) -> Value {
    let mut error = json!({ "code": code, "message": message });
    if let Some(data) = data {
        error["data"] = data;
    }
    json!({ "jsonrpc": "2.0", "id": id, "error": error })
}
