//! Why a box is as it is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::EffectiveSleepView;

/// Why a box is as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhyView {
    /// `box_…`.
    pub box_id: String,
    /// Its name.
    pub name: String,
    /// The one word for its state.
    pub phase: String,
    /// Since when it is seen like this (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The reasons, the one that counts most first.
    pub reasons: Vec<ReasonView>,
    /// When its tiers of sleep begin, and who says so.
    pub sleep_after: EffectiveSleepView,
    /// When the platform looked at what it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<String>,
    /// What woke or started it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_wake: Option<LastWakeView>,
}

/// One reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReasonView {
    /// Stable word: `requests`, `uses`, `calls`, `idle`, `never`, `due-soon`, `cannot-freeze`, `sleep-refused`, `not-looked-at`,
    /// `falls-asleep`, `asleep`, `goes-deeper`, `wakes-at`, `wakes-on-use`, `comes-up`, `not-answering`, `stopped`, `stopping`,
    /// `failed`, `deleted`, or `wake-blocked-` and what blocks: `account`, `abuse`, `plan`, `budget`, `tier-full`, `deleted`.
    /// Beside one of them: `held-because`, `waits-for-restart`.
    #[schema(example = "idle")]
    pub code: String,
    /// The reason as a sentence.
    pub text: String,
    /// How many are under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How long nothing was to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
    /// The tier of sleep it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// In how long it happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_ms: Option<u64>,
    /// When it happens or happened (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What for, or why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<String>,
}

/// The last wake or start of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastWakeView {
    /// When it was ready (RFC 3339).
    pub at: String,
    /// Who wanted it: a user's or token's id, `admin`, or a part of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// How long it had slept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slept_ms: Option<u64>,
    /// Whether its processes were kept; otherwise it was started afresh.
    pub was_kept: bool,
}
