//! Answers of a gateway.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct Health {
    pub(super) ok: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChatAck {
    pub(super) run_id: String,
}

#[derive(Deserialize)]
pub(super) struct Resumed {
    pub(super) resumed: bool,
}

#[derive(Deserialize)]
pub(super) struct History {
    #[serde(default)]
    pub(super) messages: Vec<HistoryEntry>,
}

/// A message of a session.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Message")]
pub struct HistoryEntry {
    /// `user`, `assistant`, or another word of the gateway.
    pub role: String,
    /// Its text.
    pub text: String,
}

/// A message as the gateway writes it: text, or parts of which some are text.
#[derive(Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    role: String,
    #[serde(default)]
    content: Value,
}

impl Message {
    pub(super) fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            _ => String::new(),
        }
    }
}

impl From<Message> for HistoryEntry {
    fn from(message: Message) -> Self {
        Self { text: message.text(), role: message.role }
    }
}

#[derive(Deserialize)]
pub(super) struct Sessions {
    #[serde(default)]
    pub(super) sessions: Vec<Session>,
}

/// A session of the agent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its key, such as `agent:main:main`.
    pub key: String,
    /// What people see.
    pub display_name: Option<String>,
    /// Last change, in milliseconds since 1970.
    pub updated_at: Option<u64>,
}

/// A request to come to rest, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspension {
    /// How far it is.
    #[serde(rename = "status")]
    pub state: SuspendState,
    /// Names it in later calls. Absent when nothing was begun, and in answers about its status.
    pub suspension_id: Option<String>,
    /// End of the lease, in milliseconds since 1970 of the gateway's clock.
    pub expires_at_ms: Option<u64>,
    /// When to ask again.
    pub retry_after_ms: Option<u64>,
    /// What is in the way.
    #[serde(default)]
    pub blockers: Vec<SuspendBlocker>,
}

/// How far a suspension is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SuspendState {
    /// At rest until the lease ends.
    Ready,
    /// New work is refused, running work ends.
    Draining,
    /// Work runs, and nothing was begun.
    Busy,
    /// There is no suspension.
    Running,
    /// Somebody else's suspension stands.
    Conflict,
    /// Something that this platform does not know.
    #[serde(other)]
    Other,
}

/// Work that is in the way of a suspension.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SuspendBlocker {
    /// The gateway's word for it, such as `chat-run`.
    pub kind: String,
    /// How many there are.
    pub count: u64,
    /// A phrase for people.
    pub message: String,
}
