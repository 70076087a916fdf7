//! Backups of boxes.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A saved state of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupView {
    /// `bkp_…`.
    pub id: String,
    /// When it was made (RFC 3339).
    pub made_at: String,
    /// Why: `period`, `rest` (the box had just stopped or fallen asleep), `asked`, `before-restore`,
    /// `before-upgrade`, `before-archive`, `clone` (another box begins with it), `import` (the box began with it).
    pub reason: String,
    /// Whether it can be trusted. One that cannot never takes the place of a good one.
    pub is_good: bool,
    /// Why it is not trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspicion: Option<String>,
    /// Whether it stays until somebody removes it.
    pub is_pinned: bool,
    /// What the standard tool calls it.
    pub snapshot: String,
    /// Files in it.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Bytes that were new to the repository.
    pub added_bytes: u64,
    /// Databases of the agent runtime; each was checked.
    pub databases: u64,
    /// Sessions in those databases; 0 where nobody counted.
    #[serde(default)]
    pub sessions: u64,
    /// Files that were left out: unreadable, too deep, or all holes.
    pub left_out: u64,
    /// What kept the box from writing while its databases were copied: `frozen`, `asleep`, `stopped`.
    pub copied_while: String,
    /// For how long that held it up, in microseconds.
    pub held_up_us: u64,
    /// How long it took in all, in milliseconds.
    pub took_ms: u64,
    /// The agent runtime that wrote the state.
    pub runtime_version: String,
    /// When all of it was last read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<String>,
    /// When it was last booted in a sealed box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drilled_at: Option<String>,
    /// What was wrong then; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill_failure: Option<String>,
}

/// Work on the backups of a box that is under way, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupWorkView {
    /// `restoring`, `saving`, `verifying` or `exporting`.
    pub work: String,
    /// Files that are done.
    pub files: u64,
    /// Of how many; 0 until it is known.
    pub files_total: u64,
    /// Bytes that are done.
    pub bytes: u64,
    /// Of how many; 0 until it is known.
    pub bytes_total: u64,
}

/// How it goes with the backups of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupStateView {
    /// When the newest good one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good_at: Option<String>,
    /// When the box was last looked at for changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<String>,
    /// Since when something may have changed that is in no good backup; absent: nothing has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_since: Option<String>,
    /// Whether that is longer than twice what is wanted.
    pub is_overdue: bool,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What takes the place of its disk before it starts next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restoring_from: Option<String>,
    /// What was put there last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<String>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_at: Option<String>,
    /// Until when it can be undone: restore `undo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<String>,
    /// What is done with them at the moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub under_way: Vec<BackupWorkView>,
}

/// The backups of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupList {
    /// How it goes with them.
    pub state: BackupStateView,
    /// The newest first; at most 1,000.
    pub items: Vec<BackupView>,
}

/// How a box is restored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreBackup {
    /// Also from a backup that is not trusted.
    #[serde(default)]
    pub force: bool,
}

/// Query of a download.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DownloadQuery {
    /// One file instead of all, below the agent's home.
    #[param(example = "workspace/MEMORY.md")]
    pub path: Option<String>,
}

/// What opens the repository of a box with `restic`. Whoever has it reads everything the box has ever saved.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupKey {
    /// For `RESTIC_REPOSITORY`. A path is one on the platform's machine.
    pub repository: String,
    /// For `RESTIC_PASSWORD`.
    pub password: String,
}
