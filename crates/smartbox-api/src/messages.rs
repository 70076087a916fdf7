//! Chat messages to a box's agent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sends a chat message; the answer is streamed as server-sent events of type [`MessageEvent`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    /// What to say; 1 to 100,000 characters.
    #[schema(example = "hello")]
    pub text: String,
    /// The session; the agent's main session by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Whether the answer is streamed; true by default. Otherwise it comes as one [`MessageView`]: within 25 seconds, or later at its
    /// own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
}

/// Something that was said to an agent, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageView {
    /// `msg_…`
    pub id: String,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// The session.
    pub session: String,
    /// `running`, `answered`, `failed`, or `lost` (nobody waits for the answer any more; the session may have it).
    pub state: String,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Whether it was longer than the 256 KiB that are kept.
    #[serde(default)]
    pub truncated: bool,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// `admin`, or the id of a user or token.
    pub asked_by: String,
    /// When (RFC 3339).
    pub created_at: String,
    /// When the answer came, or it was clear that none would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Where it can be read: for 24 hours after its end, of the last 100 messages of a box.
    pub path: String,
}

/// A session of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentSessionView {
    /// Its key.
    #[schema(example = "agent:main:main")]
    pub key: String,
    /// What people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When something was last said in it (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// Sessions of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentSessionList {
    /// The latest 200, the latest first.
    pub items: Vec<AgentSessionView>,
}

/// One event of an answer. The event's name is the `type`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum MessageEvent {
    /// The box is not running yet and is being started.
    Waiting {
        /// Its phase.
        phase: String,
        /// Its stage, if it is starting.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<String>,
    },
    /// The agent has begun.
    Started,
    /// More text of the answer.
    Delta {
        /// The text.
        text: String,
    },
    /// The whole answer. Nothing follows.
    Final {
        /// The text.
        text: String,
    },
    /// No answer will come. Nothing follows.
    Failed {
        /// Why, and what to do.
        problem: Box<super::Problem>,
    },
}
