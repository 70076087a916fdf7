//! Operations: long-running changes that can be waited for.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Query of an operation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OperationQuery {
    /// How long to wait for its end, such as `30s`, `500ms`, `1m` or a number of seconds; 60 seconds at most.
    #[param(example = "30s")]
    pub wait: Option<String>,
}

/// A long-running change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OperationView {
    /// `op_…`.
    pub id: String,
    /// The box it changes.
    pub box_id: String,
    /// `create`, `start`, `stop`, `restart`, `restore`, `sleep`, `wake`, `upgrade`, `archive`, `configure`, `backup` or `delete`.
    pub kind: String,
    /// `running`, `succeeded`, `failed`, `superseded` (a later change of intent took its place) or `cancelled`.
    pub state: String,
    /// When it was asked for (RFC 3339).
    pub created_at: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Where it is while it runs: `saving`, `copying`, `reading back`, or how far its box has come, such as `starting: process` and
    /// `starting: waiting for the gateway`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// How far work on the box's backups has come that it waits for: one is put in place, made, or read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<super::BackupWorkView>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<super::BoxErrorView>,
}

impl OperationView {
    /// Whether it will not change any more.
    pub fn is_finished(&self) -> bool {
        self.state != "running"
    }
}
