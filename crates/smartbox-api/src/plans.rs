//! Plans: what an org may use in a month, and what more costs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One number for each thing that can be limited; what is absent has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanLimits {
    /// Bytes through the forward proxy, both directions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_bytes: Option<u64>,
    /// Tokens of models; those out of a provider's cache do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Money for models, in nano-dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money_nanos: Option<u64>,
    /// CPU time, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
    /// Memory over time, in MiB-seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib_seconds: Option<u64>,
    /// Bytes on disk, as measured last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_bytes: Option<u64>,
}

/// What more than the limit costs, in nano-dollars. 0 is no price: then more cannot be had, unless `overage_is_free`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRates {
    /// For each GiB through the forward proxy.
    #[serde(default)]
    pub bandwidth_gib: u64,
    /// For each million tokens.
    #[serde(default)]
    pub million_tokens: u64,
    /// For each dollar of models; 1,000,000,000 is the price itself.
    #[serde(default)]
    pub money_dollar: u64,
    /// For each hour of a CPU.
    #[serde(default)]
    pub cpu_hour: u64,
    /// For each GiB of memory for an hour.
    #[serde(default)]
    pub memory_gib_hour: u64,
    /// For each GiB on disk.
    #[serde(default)]
    pub storage_gib: u64,
}

/// A plan: what an org may use in a calendar month, and what more costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanView {
    /// Unique, and never changed.
    #[schema(example = "starter")]
    pub name: String,
    /// Whether orgs have it about which nothing was decided. One plan is.
    pub is_default: bool,
    /// Most boxes; no limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes_max: Option<u32>,
    /// What a month includes.
    pub limits: PlanLimits,
    /// What more costs.
    pub rates: PlanRates,
    /// Whether what has the rate 0 can be had beyond its limit for nothing.
    pub overage_is_free: bool,
    /// Raised by every change. For `If-Match`.
    pub version: i64,
    /// When it was changed last (RFC 3339).
    pub changed_at: String,
    /// By whom.
    pub changed_by: String,
}

/// Every plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanList {
    /// The plans, by name.
    pub items: Vec<PlanView>,
}

/// Makes a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "starter", "boxes_max": 3, "limits": { "tokens": 20000000, "bandwidth_bytes": 107374182400_u64 } }))]
pub struct CreatePlan {
    /// 1 to 40 lower-case letters, digits and dashes.
    #[schema(example = "starter")]
    pub name: String,
    /// Becomes the default; the one that was is none any more.
    #[serde(default)]
    pub is_default: bool,
    /// Most boxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes_max: Option<u32>,
    /// What a month includes.
    #[serde(default)]
    pub limits: PlanLimits,
    /// What more costs.
    #[serde(default)]
    pub rates: PlanRates,
    /// Whether what has the rate 0 can be had beyond its limit for nothing.
    #[serde(default)]
    pub overage_is_free: bool,
}

/// Replaces what a plan says. What is absent has no limit, or no price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "boxes_max": 3, "limits": { "tokens": 20000000, "bandwidth_bytes": 107374182400_u64 } }))]
pub struct SetPlan {
    /// Becomes the default; the one that was is none any more.
    #[serde(default)]
    pub is_default: bool,
    /// Most boxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes_max: Option<u32>,
    /// What a month includes.
    #[serde(default)]
    pub limits: PlanLimits,
    /// What more costs.
    #[serde(default)]
    pub rates: PlanRates,
    /// Whether what has the rate 0 can be had beyond its limit for nothing.
    #[serde(default)]
    pub overage_is_free: bool,
}

/// How an org stands with its plan in the month that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanStateView {
    /// The plan's name.
    pub plan: String,
    /// `within`, `overage` or `over`.
    #[schema(example = "within")]
    pub state: String,
    /// What was used, in the units of `limits`.
    pub used: PlanLimits,
    /// What the month includes.
    pub limits: PlanLimits,
    /// What is too much, if something is: `bandwidth`, `tokens`, `money`, `cpu`, `memory` or `storage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
    /// What the overage costs so far, in nano-dollars.
    pub overage_cost_nanos: u64,
    /// What the org pays at most for it, in nano-dollars.
    pub overage_budget_nanos: u64,
    /// When counting begins anew (RFC 3339).
    pub resets_at: String,
}
