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
