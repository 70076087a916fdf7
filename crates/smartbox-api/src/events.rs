//! Timelines, and what happens as it is told to whoever follows it.

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

/// Version of [`EventMessage`]. It grows when a receiver has to read it in another way; new fields and types do not count.
pub const EVENT_SCHEMA: u32 = 1;

/// Something happened: what the stream of events and webhooks send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventMessage {
    /// `evt_…`; the same in the stream, in every attempt of a webhook and in the audit log.
    pub id: String,
    /// What happened, such as `box.ready`. Names stay; new ones come.
    #[serde(rename = "type")]
    #[schema(example = "box.ready")]
    pub kind: String,
    /// Version of this schema.
    #[schema(example = 1)]
    pub schema: u32,
    /// When (RFC 3339).
    pub timestamp: String,
    /// Whose matter it is; absent for the platform's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// About which box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub box_id: Option<String>,
    /// `admin`, a user's or token's id, or the name of the loop that acted.
    pub actor: String,
    /// `ok`, or `refused` when somebody wanted it and was refused.
    pub outcome: String,
    /// Why, as a sentence for people.
    pub reason: String,
    /// Facts that belong to the type.
    pub data: serde_json::Value,
}

/// Query of the stream of events.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// Only events of this box, by id, name or `default`.
    #[serde(rename = "box")]
    #[param(rename = "box")]
    pub about: Option<String>,
    /// Only events of these types, separated by commas: `box.ready`, `box.*`.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    pub types: Option<String>,
    /// Begin with what happened at this moment (RFC 3339), within the last 24 hours. Without it, with what happens next.
    pub since: Option<String>,
    /// Whether to wait for more; true by default.
    pub follow: Option<bool>,
    /// The org, by id or name; only the platform's admin may name one, and sees all orgs without.
    pub org: Option<String>,
}
