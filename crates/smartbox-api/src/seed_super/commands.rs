//! Commands in the older shape.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
#[schema(example = json!({ "command": ["id", "-u"], "timeout": 30000 }))]
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
