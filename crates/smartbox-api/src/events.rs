//! Timeline.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line of a box's timeline: what changed, who or what changed it, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// `evt_…`.
    pub id: String,
    /// The box.
    pub box_id: String,
    /// When (RFC 3339).
    pub at: String,
    /// `admin`, a user's id, or the name of the loop that acted.
    pub actor: String,
    /// What happened, such as `box.created`, `box.ready`, `box.out-of-memory`.
    pub action: String,
    /// Why.
    pub reason: String,
    /// Facts that belong to it.
    pub detail: serde_json::Value,
}

/// A page of a timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventList {
    /// The events, newest first.
    pub items: Vec<EventView>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
