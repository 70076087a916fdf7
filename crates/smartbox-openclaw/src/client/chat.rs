//! A turn of the agent, as a stream.
//!
//! A slow reader never holds up the connection: while the queue of a turn is full, further text is gathered into one
//! piece, and the last event has a place of its own.

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::ClientError;
use super::results::Message;

/// Pieces of text that wait for a slow reader before they are gathered.
const PIECES_MAX: usize = 64;
/// Most text that is gathered for a slow reader. What is beyond it is still part of the final text.
const GATHERED_BYTES_MAX: usize = 1024 * 1024;
/// Most of an answer that is remembered. No model says as much in a turn.
const TOLD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One event of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
    /// More text.
    Delta(String),
    /// The whole answer; the last event.
    Final {
        /// Its text.
        text: String,
    },
    /// The turn failed; the last event.
    Error {
        /// Why, in the gateway's words.
        message: String,
    },
    /// Somebody stopped the turn; the last event.
    Aborted,
}

/// The turn that a message started. Dropping it stops listening; the agent goes on.
#[derive(Debug)]
pub struct Turn {
    session: String,
    run: String,
    pieces: mpsc::Receiver<String>,
    end: Option<oneshot::Receiver<End>>,
    last: Option<ChatEvent>,
}

impl Turn {
    /// The session it belongs to.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// The gateway's name of the turn, for [`super::GatewayClient::chat_abort`].
    pub fn run(&self) -> &str {
        &self.run
    }

    /// The next event. Waits as long as the agent works: how long to wait is the caller's to say. After the last
    /// event, and when the connection ends before it, the answer is [`ClientError::Closed`].
    pub async fn next(&mut self) -> Result<ChatEvent, ClientError> {
        if let Some(piece) = self.pieces.recv().await {
            return Ok(ChatEvent::Delta(piece));
        }
        if let Some(end) = self.end.as_mut() {
            let ended = end.await;
            self.end = None;
            let End { rest, event } = ended.map_err(|_closed| ClientError::gone())?;
            self.last = Some(event);
            if !rest.is_empty() {
                return Ok(ChatEvent::Delta(rest));
            }
        }
        self.last.take().ok_or_else(ClientError::gone)
    }

    pub(super) fn named(self, run: String) -> Self {
        Self { run, ..self }
    }
}

/// The end of a turn, with the text that had no place in the queue.
#[derive(Debug)]
struct End {
    rest: String,
    event: ChatEvent,
}

/// Where the driver puts the events of a turn.
#[derive(Debug)]
pub(super) struct Sink {
    pieces: mpsc::Sender<String>,
    end: oneshot::Sender<End>,
    gathered: String,
    /// The answer so far, to make sense of replacements.
    told: String,
}

pub(super) fn turn(session: String, run: String) -> (Sink, Turn) {
    let (pieces, receiver) = mpsc::channel(PIECES_MAX);
    let (end, ended) = oneshot::channel();
    let sink = Sink { pieces, end, gathered: String::new(), told: String::new() };
    (sink, Turn { session, run, pieces: receiver, end: Some(ended), last: None })
}

/// `ChatEvent` of the protocol's schema.
#[derive(Debug, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub(super) enum Update {
    #[serde(rename_all = "camelCase")]
    Delta {
        delta_text: String,
        /// The text replaces everything before it.
        #[serde(default)]
        replace: bool,
    },
    Final {
        #[serde(default)]
        message: Value,
    },
    Aborted,
    #[serde(rename_all = "camelCase")]
    Error {
        error_message: Option<String>,
    },
    /// `status` and whatever comes later.
    #[serde(other)]
    Other,
}

impl Sink {
    /// Passes an update on. The sink comes back until the turn is over.
    pub(super) fn take(mut self, update: Update) -> Option<Self> {
        let event = match update {
            Update::Delta { delta_text, replace } => {
                self.delta(delta_text, replace);
                return Some(self);
            }
            Update::Other => return Some(self),
            Update::Final { message } => ChatEvent::Final { text: final_text(message, &self.told) },
            Update::Aborted => ChatEvent::Aborted,
            Update::Error { error_message } => {
                ChatEvent::Error { message: error_message.unwrap_or_else(|| "the turn failed".to_owned()) }
            }
        };
        // Nobody listens any more if this fails.
        let _ = self.end.send(End { rest: self.gathered, event });
        None
    }

    /// Whether nobody listens any more.
    pub(super) fn is_closed(&self) -> bool {
        self.pieces.is_closed()
    }

    fn delta(&mut self, text: String, replace: bool) {
        // Text that was told cannot be taken back: what a replacement adds to it is told, a different text only at
        // the end.
        let added = if replace { text.strip_prefix(self.told.as_str()).unwrap_or_default() } else { &text };
        if self.gathered.len() + added.len() <= GATHERED_BYTES_MAX {
            self.gathered.push_str(added);
        }
        if replace {
            self.told = text;
        } else if self.told.len() + text.len() <= TOLD_BYTES_MAX {
            self.told.push_str(&text);
        }
        if self.gathered.is_empty() {
            return;
        }
        match self.pieces.try_reserve() {
            Ok(place) => place.send(std::mem::take(&mut self.gathered)),
            Err(_full_or_closed) => {}
        }
    }
}

/// The text of the final message; what was told, if it has none.
fn final_text(message: Value, told: &str) -> String {
    let text = serde_json::from_value::<Message>(message).map(|message| message.text()).unwrap_or_default();
    if text.is_empty() { told.to_owned() } else { text }
}
