//! Versions of the agent runtime, and upgrades of boxes to them: of one, of many.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a version to be installed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallRuntime {
    /// One that the platform can install.
    #[schema(example = "2026.9.6")]
    pub version: String,
}

/// A version of the agent runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuntimeView {
    /// OpenClaw's version.
    #[schema(example = "2026.9.6")]
    pub version: String,
    /// `installed`, `installing`, `failed` (to install) or `available`. A version of which there is nothing but boxes that are
    /// pinned to it is `available` too, and an installation of it may be refused.
    pub state: String,
    /// Why it could not be installed. Only an admin sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Whether new boxes get it.
    pub is_default: bool,
    /// Set when boxes may not run it because it is too old: the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_old: Option<String>,
    /// Boxes that are pinned to it: those of the caller's org; all of them for an admin.
    pub boxes: u32,
}

/// Every version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuntimeList {
    /// The newest first.
    pub items: Vec<RuntimeView>,
}

/// Asks for an upgrade of a box.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpgradeBox {
    /// An installed version that is newer than the box's; that of new boxes by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026.9.6")]
    pub to: Option<String>,
}

/// Asks for an upgrade of many boxes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "to": "2026.9.6", "wave": 2, "stop_after": 1 }))]
pub struct CreateRollout {
    /// Boxes by id or name; all of them without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<String>,
    /// Only boxes on this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// An installed version; that of new boxes by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026.9.6")]
    pub to: Option<String>,
    /// Boxes at the same time, 1 to 100; 1 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<u32>,
    /// Failures after which no further wave begins; 1 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<u32>,
    /// The org whose boxes are meant. Only an admin may name one; an admin who names none means every org.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
}

/// An upgrade of many boxes, in waves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RolloutView {
    /// `rol_…`.
    pub id: String,
    /// Whose boxes; absent: those of every org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The version that they are to have.
    pub to: String,
    /// Boxes at the same time.
    pub wave: u32,
    /// Failures after which no further wave begins.
    pub stop_after: u32,
    /// `running`, `done`, `stopped` (too many failed) or `cancelled`.
    pub state: String,
    /// Who asked for it.
    pub asked_by: String,
    /// When (RFC 3339).
    pub created_at: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// How it goes with each box, in the order of their turns. Absent in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<RolloutBoxView>,
}

/// How it goes with one box of a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RolloutBoxView {
    /// Its id.
    pub id: String,
    /// Its name when the rollout began.
    pub name: String,
    /// `waiting`, `going`, `upgraded`, `failed` (and back as it was) or `skipped`.
    pub state: String,
    /// The operation that upgrades it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Why it failed or was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Rollouts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RolloutList {
    /// The 50 newest, the newest first.
    pub items: Vec<RolloutView>,
}
