//! Shapes of the older API of the platform's admin.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// Which box of a user's org is meant.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeedBoxQuery {
    /// Id or name; the default box without it.
    #[serde(rename = "box")]
    #[param(rename = "box")]
    pub smartbox: Option<String>,
}

/// Query of a log.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeedLogsQuery {
    /// Lines, 200 by default and 10,000 at most.
    pub tail: Option<u32>,
}

/// Query of a list of files.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeedFilesQuery {
    /// A directory below the agent's home; the home itself without it.
    pub path: Option<String>,
    /// Whether what is in directories is listed, too.
    pub recursive: Option<bool>,
}

/// Query of costs.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeedCostQuery {
    /// Days, today among them; 30 by default.
    pub days: Option<u32>,
    /// Dollars with which the total is compared; 50 by default.
    pub threshold: Option<u32>,
}

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

/// A box's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedConfig {
    /// Whom the request names.
    pub user_id: String,
    /// The version.
    pub version: i64,
    /// What was set: it can be changed and put back.
    pub config: Map<String, Value>,
    /// What the gateway is given.
    pub effective: Map<String, Value>,
}

/// A configuration that was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedConfigSaved {
    /// Always.
    pub success: bool,
    /// Whom the request names.
    pub user_id: String,
    /// The version as it is now.
    pub version: i64,
    /// `now`, `at-next-start` or `unchanged`.
    pub applies: String,
    /// What tells how it went with the gateway.
    pub operation_id: Option<String>,
    /// The configuration as it is now.
    pub config: Map<String, Value>,
}

/// An earlier configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedConfigVersion {
    /// 1 is the newest that is not the present one.
    pub version: u64,
    /// Its number in the platform's own API.
    pub config_version: i64,
    /// When it was made (RFC 3339); null for the empty one before the first.
    pub timestamp: Option<String>,
    /// What made it.
    pub origin: Option<String>,
    /// `new`, `good` or `bad`.
    pub standing: Option<String>,
}

/// Earlier configurations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedConfigHistory {
    /// Whom the request names.
    pub user_id: String,
    /// The newest first.
    pub versions: Vec<SeedConfigVersion>,
}

/// Asks for an earlier configuration.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SeedRollback {
    /// 1 (the default) is the newest that is not the present one.
    #[schema(minimum = 1)]
    pub version: Option<u32>,
}

/// A command: a line for a shell in the box, or a program with its arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SeedCommand {
    /// A line, which `sh -lc` in the box reads as it is. Nothing is put into it.
    Line(String),
    /// Program and arguments, which no shell reads.
    Argv(Vec<String>),
}

/// Asks for a command to be run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedExec {
    /// What to run.
    pub command: SeedCommand,
    /// Milliseconds after which it is killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Added to the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Working directory; the agent's home by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
}

/// A command that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedExecStarted {
    /// `exe_…`
    pub exec_id: String,
    /// `running`.
    pub status: String,
    /// Where it can be looked at.
    pub poll_url: String,
}

/// A command that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedExecResult {
    /// What it printed; of each stream at most 1 MiB is kept.
    pub stdout: String,
    /// What it printed as errors.
    pub stderr: String,
    /// Its exit code; 124 when it was killed after its time, null when its end is not known.
    pub exit_code: Option<i32>,
    /// Whether output was left out.
    pub truncated: bool,
}

/// How it goes with a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedExecStatus {
    /// Always, in an answer with 200.
    pub found: bool,
    /// `exe_…`
    pub exec_id: String,
    /// `running`, `completed` or `error`.
    pub status: String,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// What it printed so far.
    pub stdout: String,
    /// What it printed as errors.
    pub stderr: String,
    /// Why its status is `error`.
    pub error: Option<String>,
    /// When it was asked for (RFC 3339).
    pub started_at: String,
    /// When it ended.
    pub completed_at: Option<String>,
}

/// Nothing is known of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedExecGone {
    /// Never.
    pub found: bool,
    /// Why.
    pub error: String,
}

/// A box that was started anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedRestarting {
    /// Always.
    pub accepted: bool,
    /// Whom the request names.
    pub user_id: String,
    /// The box.
    pub box_id: String,
    /// What tells how it goes.
    pub operation_id: String,
    /// Where that can be looked at.
    pub poll_url: String,
    /// The same in words.
    pub message: String,
}

/// A box that was started anew, and what ran in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedReset {
    /// Whom the request names.
    pub user_id: String,
    /// Commands that were killed.
    pub killed: u64,
    /// Whether it is being started anew.
    pub restarted: bool,
    /// What tells how it goes.
    pub operation_id: String,
}

/// A box that was woken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedWoken {
    /// Whom the request names.
    pub user_id: String,
    /// How it was.
    pub previous_state: String,
    /// How it is.
    pub current_state: String,
    /// `none` or `woken`.
    pub action: String,
    /// How long it took.
    pub waited_ms: u64,
}

/// Says something to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedMessage {
    /// What.
    pub message: String,
    /// The session; the agent's main session by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}

/// What an agent answered, or where its answer will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedAnswer {
    /// `complete` or `pending`.
    pub status: String,
    /// Whom the request names.
    pub user_id: String,
    /// The session.
    pub session_key: String,
    /// The answer.
    pub response: Option<String>,
    /// `msg_…`
    pub message_id: String,
    /// Where the answer can be read later.
    pub poll_url: String,
}

/// A session of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedSession {
    /// Its key.
    pub key: String,
    /// What people see.
    pub display_name: Option<String>,
    /// When something was last said in it (RFC 3339).
    pub updated_at: Option<String>,
}

/// Sessions of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedSessions {
    /// Whom the request names.
    pub user_id: String,
    /// The latest first.
    pub sessions: Vec<SeedSession>,
}

/// The last lines of a gateway's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedLogs {
    /// Whom the request names.
    pub user_id: String,
    /// The lines.
    pub logs: String,
}

/// A file or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedFile {
    /// Its path below the agent's home.
    pub path: String,
    /// Its name.
    pub name: String,
    /// `file`, `directory`, `link` or `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its size.
    pub size: u64,
    /// When it was last changed (RFC 3339).
    pub modified: String,
}

/// What is in a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedFiles {
    /// Whom the request names.
    pub user_id: String,
    /// The directory.
    pub path: String,
    /// What is in it.
    pub entries: Vec<SeedFile>,
    /// Whether there is more than the 1,000 that are listed.
    pub truncated: bool,
}

/// A file's content, or whether it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedFileContent {
    /// Its path below the agent's home.
    pub path: String,
    /// Whether it is there.
    pub exists: bool,
    /// Its content; absent where only its existence was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// `utf-8` or `base64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Where it was read: always `container`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What else is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SeedFile>,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedWrite {
    /// Its content.
    pub content: String,
    /// `utf-8` (default) or `base64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedWritten {
    /// Always.
    pub written: bool,
    /// Its path below the agent's home.
    pub path: String,
    /// Its size.
    pub size: u64,
}

/// A file that was thrown away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedDeleted {
    /// Always.
    pub deleted: bool,
    /// Its path below the agent's home.
    pub path: String,
    /// Where it lies in the trash.
    pub trashed_as: Option<String>,
}

/// One thing to do with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedFileOp {
    /// `read`, `write`, `delete` or `exists`.
    pub op: String,
    /// The file.
    pub path: String,
    /// What to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Many things to do with files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedFileBatch {
    /// At most 50.
    pub operations: Vec<SeedFileOp>,
    /// Taken and not needed: they are done one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<bool>,
}

/// What came of one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedFileResult {
    /// What was to be done.
    pub op: String,
    /// The file.
    pub path: String,
    /// Whether it was done.
    pub success: bool,
    /// What was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Whether it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// Why it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What came of all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedFileResults {
    /// In the order of the request.
    pub results: Vec<SeedFileResult>,
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

/// Asks for many configurations to be patched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedBulkPatch {
    /// The merge patch.
    pub patch: Map<String, Value>,
    /// Whose boxes, at most 200; those of everybody without it, if these are no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_ids: Option<Vec<String>>,
}

/// What came of one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedBulkPatched {
    /// Whose box.
    pub user_id: String,
    /// The box.
    pub box_id: Option<String>,
    /// Whether it was kept.
    pub success: bool,
    /// The version as it is now.
    pub version: Option<i64>,
    /// What tells how it went with the gateway.
    pub operation_id: Option<String>,
    /// Why it was not kept. Then nothing of this box was changed.
    pub error: Option<String>,
}

/// What came of all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedBulkPatchResults {
    /// Each user's.
    pub results: Vec<SeedBulkPatched>,
}

/// What one service costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedServiceCost {
    /// `models`, `bandwidth`, `cpu`, `memory` or `storage`.
    pub service: String,
    /// How much of it was used.
    pub amount: u64,
    /// In which unit.
    pub unit: String,
    /// Dollars; null: it has no price.
    pub cost: Option<f64>,
}

/// What was used, and what it costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedCost {
    /// Whose box; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Dollars, of everything with a price.
    pub total: f64,
    /// Always.
    pub currency: String,
    /// Each service.
    pub services: Vec<SeedServiceCost>,
}

/// What one day costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeedCostDay {
    /// The day.
    pub date: String,
    /// Dollars.
    pub total: f64,
}

/// What each day costs, as it was metered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeedCostTrend {
    /// Each day on which something was used.
    pub trend: Vec<SeedCostDay>,
}

/// Whether it is too much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeedCostCheck {
    /// Dollars.
    pub total: f64,
    /// Dollars.
    pub threshold: f64,
    /// Whether the total is more.
    pub over: bool,
}

/// What a service costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedRate {
    /// The plan.
    pub plan: String,
    /// `bandwidth`, `cpu`, `memory` or `storage`.
    pub service: String,
    /// How much the price is for.
    pub per: u64,
    /// In which unit.
    pub unit: String,
    /// Dollars; null: it has no price.
    pub price: Option<f64>,
}

/// What everything costs. Models cost what their providers charge, call by call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeedRates {
    /// Each plan and service.
    pub rates: Vec<SeedRate>,
}
