//! The audit log: every event of an org or of the platform, chained by hashes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line of the audit log.
///
/// `hash` is the lower-case hexadecimal SHA-256 of the UTF-8 text `previous_hash`, a line feed, and the compact JSON
/// array `[seq, id, org, box_id, at_ms, actor, action, reason, detail, address, outcome]`, with `null` for what is
/// absent, `detail` as the text it is here, and nothing escaped but what JSON demands. The line with the number before holds
/// the previous hash; the first line of the chain has the empty text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditLine {
    /// Its number on the platform: one more than the line before.
    pub seq: i64,
    /// `evt_…`.
    pub id: String,
    /// Whose matter it is; absent for the platform's own.
    #[serde(default)]
    pub org: Option<String>,
    /// About which box.
    #[serde(default)]
    pub box_id: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Who: `admin`, an id of a user or token, or the name of a part of the platform.
    pub actor: String,
    /// What, such as `box.created`, `user.signed-in`.
    pub action: String,
    /// Why.
    pub reason: String,
    /// More facts: JSON as text, exactly as it was hashed.
    pub detail: String,
    /// The address of the client, if it is known.
    #[serde(default)]
    pub address: Option<String>,
    /// `ok` or `refused`.
    pub outcome: String,
    /// Hash of the line before.
    pub previous_hash: String,
    /// Hash of this line. Empty for lines older than the chain.
    pub hash: String,
}

/// A page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditList {
    /// The lines, the oldest first.
    pub items: Vec<AuditLine>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
