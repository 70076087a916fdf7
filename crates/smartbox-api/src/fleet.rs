//! The fleet as a whole, and what is done with many boxes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// Which part of the fleet is looked at.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FleetQuery {
    /// Boxes a page, 1 to 200; 50 by default. All are counted.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only boxes with these labels: `a=b,c!=d,e,!f,g in (x,y)`.
    #[param(example = "stage=test")]
    pub label: Option<String>,
    /// The boxes of this org. Only an admin may name one; every org by default.
    pub org: Option<String>,
    /// Whether the gateways of the page are asked at this moment.
    pub live: Option<bool>,
}

/// The fleet in numbers, and a page of its boxes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FleetSummaryView {
    /// How many boxes there are.
    pub total: u64,
    /// How many are in each phase.
    pub phases: BTreeMap<String, u64>,
    /// The boxes, oldest first.
    pub items: Vec<FleetBoxView>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A box in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FleetBoxView {
    /// `box_…`
    pub id: String,
    /// The owning org.
    pub org: String,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The one word for its state.
    pub phase: String,
    /// Since when it was seen like this (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Stable code of what went wrong last, while it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What its gateway says at this moment, if that was asked for and the box runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayLookView>,
}

/// What a gateway says when it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GatewayLookView {
    /// Whether it answered within 500 ms.
    pub answers: bool,
    /// Whether it takes work.
    pub is_ready: bool,
    /// What it names as the reason if not, or why there was no answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<String>,
    /// How long the answer took, or the wait for it.
    pub latency_ms: u64,
    /// When it was asked (RFC 3339); an answer counts for a second.
    pub checked_at: String,
}

/// A box as it is at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveStateView {
    /// `box_…`
    pub id: String,
    /// The one word for its state, as it was seen last.
    pub phase: String,
    /// Since when it was seen like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What its gateway says; absent for a box that does not run, which is not woken for a look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayLookView>,
}

/// What is done with each box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BulkActionWord {
    /// It is stopped and started afresh, if it runs.
    Restart,
    /// Its configuration is patched (RFC 7396).
    PatchConfig,
}

/// Asks for one thing to be done with many boxes, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "action": "restart", "label": "stage=test", "dry_run": true }))]
pub struct CreateBulkRun {
    /// `restart` or `patch-config`.
    pub action: BulkActionWord,
    /// Ids or names, at most 200; without any every box is meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<String>,
    /// Only boxes with these labels: `a=b,c!=d,e,!f,g in (x,y)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "stage=test")]
    pub label: Option<String>,
    /// The boxes of this org. Only an admin may name one; every org by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The merge patch of `patch-config`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Map<String, Value>>,
    /// Milliseconds between the beginnings of two boxes, 5,000 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 3_600_000)]
    pub delay_ms: Option<u64>,
    /// Failures after which no further box is begun; 1 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub stop_after: Option<u32>,
    /// So many boxes have to be well before the others are begun; 0 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<u32>,
    /// Only says what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// What is done with many boxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkRunView {
    /// `blk_…`; absent for what was only said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whose boxes; absent: those of every org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// `restart` or `patch-config`.
    pub action: String,
    /// `running`, `done`, `stopped` (too many failed), `cancelled`, or `dry-run`.
    pub state: String,
    /// Milliseconds between the beginnings of two boxes.
    pub delay_ms: u64,
    /// Failures after which no further box is begun.
    pub stop_after: u64,
    /// So many have to be well first.
    pub canary: u64,
    /// `admin`, or the id of a user or token.
    pub asked_by: String,
    /// When (RFC 3339).
    pub created_at: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// How it goes with each box, in the order of their turns. Absent in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<BulkBoxView>,
}

/// How it goes with one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkBoxView {
    /// `box_…`
    pub id: String,
    /// Its name when it began.
    pub name: String,
    /// `waiting`, `going`, `done`, `failed` or `skipped`.
    pub state: String,
    /// Its operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// When it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<String>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Why it failed or was skipped, or what else is to be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Runs over many boxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkRunList {
    /// The 50 newest, the newest first.
    pub items: Vec<BulkRunView>,
}

/// Asks for maintenance of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMaintenance {
    /// Why, in words for everybody; 1 to 200 characters.
    #[schema(example = "the host gets a new kernel")]
    pub reason: String,
    /// What becomes of boxes that run: `off` (nothing, the default), `sleep` or `stop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "sleep")]
    pub drain: Option<String>,
    /// How long it will take, in seconds; it does not end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 604_800)]
    pub lasts_secs: Option<u32>,
}

/// Whether the platform is being maintained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MaintenanceView {
    /// Whether it is: then nothing new starts.
    pub active: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What becomes of boxes that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<String>,
    /// Since when (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// When it will be over, as far as somebody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Who said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Boxes that still run or are on their way to rest.
    pub boxes_left: u64,
}
