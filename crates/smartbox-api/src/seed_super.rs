//! Shapes of the older API of the platform's admin.

mod commands;
mod configs;
mod costs;
mod files;
mod fleet;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use commands::{SeedCommand, SeedExec, SeedExecGone, SeedExecResult, SeedExecStarted, SeedExecStatus};
pub use configs::{
    SeedBulkPatch, SeedBulkPatchResults, SeedBulkPatched, SeedConfig, SeedConfigHistory, SeedConfigSaved,
    SeedConfigVersion, SeedRollback,
};
pub use costs::{
    SeedCost, SeedCostCheck, SeedCostDay, SeedCostQuery, SeedCostTrend, SeedRate, SeedRates, SeedServiceCost,
};
pub use files::{
    SeedDeleted, SeedFile, SeedFileBatch, SeedFileContent, SeedFileOp, SeedFileResult, SeedFileResults,
    SeedFiles, SeedFilesQuery, SeedWrite, SeedWritten,
};
pub use fleet::{
    SeedBulkRestart, SeedBulkStarted, SeedDashboard, SeedDashboardBox, SeedHealth, SeedLiveState, SeedState,
    SeedSummary, SeedUser, SeedUsers,
};

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
#[schema(example = json!({ "message": "Good morning!" }))]
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
