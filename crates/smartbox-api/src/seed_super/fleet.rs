//! People and the fleet in the older shape.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedUser {
    /// `usr_…`
    pub id: String,
    /// Their name.
    pub name: String,
    /// The tier of their org's default box, if there is one.
    pub tier: Option<String>,
    /// Their org.
    pub org: String,
}

/// Everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedUsers {
    /// People, in the order in which they were added; at most 10,000.
    pub users: Vec<SeedUser>,
    /// How many there are.
    pub count: u64,
}

/// How a box is, in the older words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedState {
    /// Whom the request names.
    pub user_id: String,
    /// The box.
    pub box_id: String,
    /// `active`, `idle`, `sleeping`, `starting`, `stopped` or `error`.
    pub state: String,
    /// The platform's own word.
    pub phase: String,
    /// When its state was last seen to change (RFC 3339).
    pub last_activity: Option<String>,
    /// Processes in it; null while none run.
    pub process_count: Option<u64>,
    /// What its processes take, in MiB; null while it does not run.
    #[serde(rename = "memoryMB")]
    pub memory_mb: Option<u64>,
    /// Since when it has been running.
    pub uptime_seconds: Option<u64>,
    /// Version of the agent runtime.
    pub version: String,
    /// Now.
    pub timestamp: String,
}

/// How a box is at this moment, in the older words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedLiveState {
    /// Whom the request names.
    pub user_id: String,
    /// The box.
    pub box_id: String,
    /// `stopped`, `idle`, `starting`, `active` or `error`.
    pub state: String,
    /// Processes in it; null while none run.
    pub process_count: Option<u64>,
    /// Whether its gateway answered over HTTP, just now, that it takes work.
    pub gateway_healthy: bool,
    /// When it was asked (RFC 3339).
    pub checked_at: String,
    /// How long that took.
    pub latency_ms: u64,
    /// When everything was last known to be saved.
    pub last_sync_at: Option<String>,
    /// What is wrong.
    pub error: Option<String>,
}

/// A box of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedDashboardBox {
    /// The first person of its org, if there is one.
    pub user_id: Option<String>,
    /// The box.
    pub box_id: String,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: String,
    /// `stopped`, `idle`, `starting`, `active` or `error`.
    pub state: String,
    /// The platform's own word.
    pub phase: String,
    /// Since when it was seen like this (RFC 3339).
    pub since: Option<String>,
    /// What is wrong.
    pub error: Option<String>,
}

/// How many boxes are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedSummary {
    /// All of them.
    pub total: u64,
    /// Those whose gateway was ready when it was seen last.
    pub active: u64,
    /// Those that sleep.
    pub idle: u64,
    /// Those that start.
    pub starting: u64,
    /// Those that are stopped.
    pub stopped: u64,
    /// Those that failed.
    pub error: u64,
}

/// All boxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedDashboard {
    /// Each box, oldest first; at most 10,000.
    pub users: Vec<SeedDashboardBox>,
    /// How many there are of each.
    pub summary: SeedSummary,
    /// How long it took to find out.
    pub total_latency_ms: u64,
}

/// How the fleet is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedHealth {
    /// `ok`, or `degraded` when boxes failed or the platform cannot do its work.
    pub status: String,
    /// How many boxes are how.
    pub summary: SeedSummary,
    /// What keeps the platform from doing its work.
    pub reasons: Vec<String>,
    /// Version of Smartbox.
    pub version: String,
    /// Now.
    pub timestamp: String,
}

/// Asks for many restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedBulkRestart {
    /// Whose boxes, at most 200; every box that runs without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_ids: Option<Vec<String>>,
    /// Milliseconds between two; 5,000 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
}

/// Many restarts that were begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedBulkStarted {
    /// How many boxes have their turn.
    pub started: u64,
    /// How long it takes until the last has begun.
    pub estimated_duration_ms: u64,
    /// `blk_…`
    pub bulk_id: String,
    /// Where it can be looked at.
    pub poll_url: String,
}
