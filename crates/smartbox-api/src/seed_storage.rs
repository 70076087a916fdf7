//! Shapes of an older API that programs still speak: whether what boxes hold is saved.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether what the default box holds is saved, in the older shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedStorage {
    /// Whether there is a place for backups. There always is one.
    pub configured: bool,
    /// When everything was last known to be saved (RFC 3339); null: never.
    pub last_sync: Option<String>,
    /// The same in words.
    pub message: String,
}

/// What came of saving it, in the older shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedSync {
    /// Whether it is saved.
    pub success: bool,
    /// What happened.
    pub message: String,
    /// When everything was last known to be saved (RFC 3339).
    pub last_sync: Option<String>,
}

/// The newest good backup, in the older shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedBackup {
    /// Sizes of its files together.
    pub size_bytes: u64,
    /// The same in MiB, with two decimal places.
    #[serde(rename = "sizeMB")]
    pub size_mb: f64,
    /// When it was made (RFC 3339).
    pub uploaded: String,
    /// More about it.
    pub metadata: SeedBackupFacts,
}

/// More about a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedBackupFacts {
    /// Its id.
    pub id: String,
    /// Why it was made.
    pub reason: String,
    /// Files in it.
    pub files: u64,
    /// Databases in it.
    pub databases: u64,
    /// The agent runtime that wrote it.
    pub runtime_version: String,
}

/// How it goes with the backups of a box, in the older shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedR2Status {
    /// The box's id.
    pub user_id: String,
    /// `restic`, or `none` without a good backup.
    pub backup_format: String,
    /// Whether there is a good one.
    pub has_backup: bool,
    /// The newest good one.
    pub backup: Option<SeedBackup>,
    /// When everything was last known to be saved (RFC 3339).
    pub last_sync: Option<String>,
    /// What the repository calls the newest good one.
    pub sync_id: Option<String>,
    /// Minutes since then.
    pub minutes_since_sync: Option<u64>,
    /// Names of the secrets that the box has.
    pub secret_keys: Vec<String>,
    /// Whether there is a good backup, and nothing is unsaved for longer than twice the box's period.
    pub healthy: bool,
}

/// A backup that was asked for, in the older shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedAccepted {
    /// Always.
    pub accepted: bool,
    /// The box's id.
    pub user_id: String,
    /// What happens now.
    pub message: String,
}
