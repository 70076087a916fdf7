//! Configurations in the older shape.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

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

/// Asks for many configurations to be patched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "patch": { "logging": { "level": "debug" } } }))]
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
