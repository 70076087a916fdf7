//! Boxes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{EffectiveSleepView, SleepPolicyView, SleepView};

/// Asks for a new box.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "work", "tier": "standard-1", "start": false }))]
pub struct CreateBox {
    /// 1 to 40 characters out of a-z, 0-9 and `-`; unique in its org.
    #[schema(example = "home")]
    pub name: String,
    /// `pa` (default), `project`, `runtime` or `custom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "pa")]
    pub kind: Option<String>,
    /// A tier's name; `standard-1` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "standard-1")]
    pub tier: Option<String>,
    /// The org that will own it. Only an admin may name one; it is the platform's first org by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Whether to start it at once; true by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<bool>,
    /// A version of the agent runtime that is installed; the platform's own by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026.9.6")]
    pub runtime_version: Option<String>,
    /// Its labels, at most 32, in the syntax of Kubernetes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({ "stage": "test" }))]
    pub labels: BTreeMap<String, String>,
}

/// Asks for a box like another.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "work-2", "channels": "off" }))]
pub struct CloneBox {
    /// 1 to 40 characters out of a-z, 0-9 and `-`; unique in its org.
    #[schema(example = "home-2")]
    pub name: String,
    /// The backup that it begins with; the newest by default, made now if something has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
    /// The org that will own it, that of the other box by default. Only an admin may name another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Whether its channels and jobs run at once (`on`), or wait until somebody confirms it (`off`, the default).
    #[serde(default)]
    pub channels: ChannelsWord,
}

/// Whether the channels of a box, and the jobs that its gateway begins by itself, run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelsWord {
    /// They run.
    On,
    /// They do not.
    #[default]
    Off,
}

/// What a box is called that begins with an archive, and what it is.
#[derive(Clone, Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// 1 to 40 characters out of a-z, 0-9 and `-`; unique in its org.
    #[param(example = "home")]
    pub name: String,
    /// `pa` (default), `project`, `runtime` or `custom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A tier's name; `standard-1` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// The org that will own it. Only an admin may name one; it is the platform's first org by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The version of OpenClaw that saved the state, for an archive that does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_version: Option<String>,
    /// Whether its channels and jobs run at once (`on`), or wait until somebody confirms it (`off`, the default).
    #[serde(default)]
    pub channels: ChannelsWord,
}

/// Asks that channels and jobs of a box run, or not.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "channels": "off" }))]
pub struct SetChannels {
    /// `on` or `off`.
    pub channels: ChannelsWord,
}

/// A box as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoxView {
    /// `box_…`; never changes.
    pub id: String,
    /// The owning org.
    pub org: String,
    /// Its name, unique in the org.
    pub name: String,
    /// `pa`, `project`, `runtime` or `custom`.
    pub kind: String,
    /// Its tier.
    pub tier: String,
    /// Whether it answers at `/`.
    pub is_default: bool,
    /// Its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The one word for its state: `requested`, `provisioning`, `starting`, `running`, `degraded`,
    /// `falling_asleep`, `sleeping`, `waking`, `stopping`, `stopped`, `failed` or `deleting`.
    pub phase: String,
    /// How far a starting box has come: `image`, `volume`, `process`, `listening` or `ready`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What the owner wants: `running`, `asleep`, `stopped` or `deleted`.
    pub desired: String,
    /// Raised by each change of what the owner wants; the ETag.
    pub version: i64,
    /// Version of the agent runtime it is pinned to.
    pub runtime_version: String,
    /// How far an upgrade to another version has come that is under way: `trying`, `saving`, `proving` or `going-back`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<String>,
    /// `off` while neither its channels nor the jobs of its gateway run, as in a copy of another box until somebody confirms it; absent: they
    /// run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<String>,
    /// Path of its gateway on this server.
    #[schema(example = "/b/home/")]
    pub path: String,
    /// When it was created (RFC 3339).
    pub created_at: String,
    /// When its state was last seen to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<String>,
    /// How often the gateway ended by itself and was started again in this run.
    pub restarts: u32,
    /// How often the kernel ended a process of this run for lack of memory.
    pub oom_kills: u64,
    /// Host id of its first process, where there is such a thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// What went wrong last, while it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<BoxErrorView>,
    /// When the next attempt is made after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<String>,
    /// Set while the box is left alone because it kept failing. A start or restart closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerView>,
    /// When a deleted box is removed for good. Until then `start` or `stop` brings it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge_at: Option<String>,
    /// How it sleeps, while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<SleepView>,
    /// What its owner has decided about its sleep, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep_policy: Option<SleepPolicyView>,
    /// When its tiers of sleep begin, and who says so. Absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep_after: Option<EffectiveSleepView>,
    /// How far it is archived: `asked`, `saved` (its last backup was read back), `freeing` or `freed`. Absent: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// How it goes with its backups. Absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<super::BackupStateView>,
}

/// Why a box is left alone, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BreakerView {
    /// Since when (RFC 3339).
    pub open_since: String,
    /// The last failure.
    pub reason: String,
    /// When it is started once by itself, to see whether it is well.
    pub next_trial_at: String,
    /// Whether such a trial is under way.
    pub is_trying: bool,
}

/// What went wrong with a box, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoxErrorView {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The last lines of the log that belongs to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
}

/// Answer to a creation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CreatedBox {
    /// The new box.
    #[serde(rename = "box")]
    pub smartbox: BoxView,
    /// The operation that makes it run.
    pub operation: super::OperationView,
}

/// Answer to start, stop, restart, sleep, wake and delete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Launched {
    /// The box after the change of intent.
    #[serde(rename = "box")]
    pub smartbox: BoxView,
    /// The operation that brings it about.
    pub operation: super::OperationView,
}

/// A page of boxes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoxList {
    /// The boxes, oldest first.
    pub items: Vec<BoxView>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A named size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TierView {
    /// Its name.
    pub name: String,
    /// CPU quota in thousandths of a CPU.
    pub cpu_millis: u32,
    /// Memory that is guaranteed.
    pub memory_bytes: u64,
    /// Hard memory limit.
    pub memory_max_bytes: u64,
    /// Most processes and threads.
    pub pids_max: u32,
    /// Most boxes of this tier on the platform that run at a time; one that sleeps or is stopped does not count.
    pub boxes_max: u32,
    /// What was decided about the sleep of its boxes, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep_policy: Option<SleepPolicyView>,
}

/// Every tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TierList {
    /// The tiers, smallest first.
    pub items: Vec<TierView>,
}
