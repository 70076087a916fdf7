//! What is decided about backups of boxes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What one circle decides: a box, an org, or a tier. What is not named is left to the next wider one: box, org, tier, platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupRules {
    /// How old the newest backup of a box that changes may become: a time from `1m` to `7d`, or `never` for none but those that
    /// people ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "15m")]
    pub period: Option<String>,
    /// For how long every backup is kept, up to `1d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "90m")]
    pub keep_all: Option<String>,
    /// Hours of which the newest is kept, up to 168.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 168)]
    pub keep_hourly: Option<u32>,
    /// Days, up to 366.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 366)]
    pub keep_daily: Option<u32>,
    /// Weeks, up to 260.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 260)]
    pub keep_weekly: Option<u32>,
    /// Months of 30 days, up to 120.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 120)]
    pub keep_monthly: Option<u32>,
    /// After how long without use a box is archived: its disk is freed, and the next start brings its newest backup back. A time
    /// from `1h` to `3660d`, or `never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "30d")]
    pub archive_after: Option<String>,
}

/// What holds for one matter, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupRuleView {
    /// `period`, `keep_all`, `keep_hourly`, `keep_daily`, `keep_weekly`, `keep_monthly` or `archive_after`.
    pub name: String,
    /// The value.
    pub value: String,
    /// `box`, `org`, `tier` or `platform`.
    pub from: String,
}

/// What is decided about backups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupPolicyView {
    /// What is decided here.
    pub rules: BackupRules,
    /// What holds: for the box; for an org or a tier, what holds for a box of it about which nothing else is decided.
    pub effective: Vec<BackupRuleView>,
    /// Raised by every change; 0 where nothing ever was decided. For `If-Match`.
    pub version: i64,
    /// When it was last changed (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Who changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}
