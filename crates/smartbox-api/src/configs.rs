//! What owners add to the configuration of their boxes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The configuration of a box, without secrets: `__SMARTBOX_REDACTED__` stands in their place, and keeps the value where it is sent
/// back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConfigView {
    /// Version of the owner's part; 0 before there was one.
    pub version: i64,
    /// The owner's part: what was set, in the terms of the agent runtime.
    pub config: Map<String, Value>,
    /// What the gateway is given: the owner's part with everything that is the platform's.
    pub effective: Map<String, Value>,
    /// How far the newest change is: `applying`, `proving` or `going-back`; absent when nothing is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

/// A configuration after a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConfigChangeView {
    /// The box.
    #[serde(rename = "box")]
    pub smartbox: super::BoxView,
    /// The configuration as it is now.
    #[serde(flatten)]
    pub config: ConfigView,
    /// When it counts: `now`, `at-next-start` of a box that does not run, or `unchanged`.
    pub applies: String,
    /// Of a box that runs: succeeds when its gateway has been well with it for a while, and fails when it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<super::OperationView>,
}

/// A version of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigVersionView {
    /// Counted from 1.
    pub version: i64,
    /// `new` (no gateway has proven it yet), `good`, or `bad`.
    pub standing: String,
    /// Why it is bad, in the gateway's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What made it: `set`, `patch`, `rollback`, or `way-back` (the platform took a bad one back).
    pub origin: String,
    /// When (RFC 3339).
    pub created_at: String,
    /// `admin`, a user's id, or the name of the loop that acted.
    pub created_by: String,
}

/// The versions of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigHistory {
    /// Those that are kept, the newest first.
    pub items: Vec<ConfigVersionView>,
}

/// Asks for an earlier version.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBackConfig {
    /// One that is kept; 0 for a configuration without an owner's part.
    #[schema(example = 3, minimum = 0)]
    pub version: i64,
}
