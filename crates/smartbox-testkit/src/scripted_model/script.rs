//! What a scripted model does on one call.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// What a scripted model does on one call.
#[derive(Clone, Debug)]
pub enum ModelScript {
    /// Answers with these steps.
    Answer(Vec<Step>),
    /// Answers with an error in the vendor's shape.
    Error {
        /// Status of the answer: 401, 429, 500, 529 …
        status: u16,
        /// Text of the error.
        message: String,
    },
    /// Answers with a redirect to this place.
    Redirect(String),
    /// Takes the request and says nothing.
    Silence,
}

/// A part of an answer.
#[derive(Clone, Debug)]
pub enum Step {
    /// Says a piece of text: an event of its own in a stream.
    Say(String),
    /// Asks for a tool.
    UseTool {
        /// Name of the tool.
        name: String,
        /// Its arguments.
        input: Value,
    },
    /// Waits until the test opens the gate.
    Wait(Gate),
    /// Sends these very bytes.
    Raw(String),
    /// Closes the connection in the middle of the answer.
    Cut,
}

/// Holds an answer up until the test lets it go on. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl ModelScript {
    /// An answer of these pieces of text.
    pub fn say<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Answer(pieces.into_iter().map(|piece| Step::Say(piece.to_owned())).collect())
    }

    /// An answer that asks OpenClaw to run a command.
    pub fn run(command: &str) -> Self {
        let input = json!({ "command": command });
        Self::Answer(vec![Step::UseTool { name: "exec".to_owned(), input }])
    }

    /// An error.
    pub fn error(status: u16) -> Self {
        Self::Error { status, message: format!("scripted error {status}") }
    }
}

impl Gate {
    /// A closed gate.
    pub fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets one answer through.
    pub fn open(&self) {
        self.0.add_permits(1);
    }

    /// Waits until the gate is opened.
    pub(super) async fn pass(&self) {
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}
