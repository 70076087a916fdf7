//! What was used, and what may be: usage, plans, budgets.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which period.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// A month such as `2026-11`, or a day such as `2026-11-05`, of the org's calendar; the month that is under way by default.
    pub period: Option<String>,
    /// The org; only the platform's admin may name one. It is the caller's (or the first) by default.
    pub org: Option<String>,
}

/// Which period of one box.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// A month such as `2026-11`, or a day such as `2026-11-05`, of the org's calendar; the month that is under way by default.
    pub period: Option<String>,
}

/// Sums over a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageSums {
    /// Bytes to upstreams.
    pub bytes_sent: u64,
    /// Bytes from upstreams.
    pub bytes_received: u64,
    /// Connections to upstreams.
    pub connections: u64,
    /// Plain requests that were forwarded.
    pub requests: u64,
    /// Calls of models.
    pub model_calls: u64,
    /// Tokens that models read, cached ones left out.
    pub input_tokens: u64,
    /// Tokens that models wrote.
    pub output_tokens: u64,
    /// Tokens that came out of a provider's cache.
    pub cache_read_tokens: u64,
    /// Tokens that were put into a provider's cache.
    pub cache_write_tokens: u64,
    /// What models have cost, in nano-dollars (1e-9 USD).
    pub money_nanos: u64,
    /// CPU time, in milliseconds.
    pub cpu_ms: u64,
    /// Memory over time, in MiB-seconds.
    pub memory_mib_seconds: u64,
    /// Disk over time, in MiB-seconds.
    pub storage_mib_seconds: u64,
    /// Time awake, in milliseconds.
    pub awake_ms: u64,
}

/// What was used on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageOfDay {
    /// Such as `2026-11-05`.
    pub day: String,
    /// How much.
    #[serde(flatten)]
    pub sums: UsageSums,
}

/// What one box has used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageOfBox {
    /// Its id. It may be gone.
    pub box_id: String,
    /// How much.
    #[serde(flatten)]
    pub sums: UsageSums,
}

/// What one model was used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageOfModel {
    /// Which.
    pub model: String,
    /// Who serves it.
    pub provider: String,
    /// How often it was called.
    pub calls: u64,
    /// Tokens it read, cached ones left out.
    pub input_tokens: u64,
    /// Tokens it wrote.
    pub output_tokens: u64,
    /// Tokens out of its provider's cache.
    pub cache_read_tokens: u64,
    /// Tokens into it.
    pub cache_write_tokens: u64,
    /// What it cost, in nano-dollars.
    pub money_nanos: u64,
}

/// What was used in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageView {
    /// Whose org.
    pub org: String,
    /// Of which box; of the whole org without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub box_id: Option<String>,
    /// Which period.
    #[schema(example = "2026-11")]
    pub period: String,
    /// Its first moment (RFC 3339).
    pub begins_at: String,
    /// The first moment of the next one (RFC 3339).
    pub ends_at: String,
    /// The sum.
    pub total: UsageSums,
    /// What lies on disks, as measured last.
    pub storage_bytes: u64,
    /// Each day of a month on which something was used.
    pub days: Vec<UsageOfDay>,
    /// Each box, for an org; at most 1,000.
    pub boxes: Vec<UsageOfBox>,
    /// Each model, the most expensive first, as far as the log reaches back (90 days).
    pub models: Vec<UsageOfModel>,
    /// How the org stands with its plan this month.
    pub plan: PlanStateView,
}

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

/// Most of each within one period; what is absent has no limit, 0 is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetCaps {
    /// Bytes through the forward proxy, both directions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Tokens of models; those out of a provider's cache do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Money for models, in nano-dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money_nanos: Option<u64>,
}

/// Replaces a budget. What is absent has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBudget {
    /// For each day of the org's calendar.
    #[serde(default)]
    pub day: BudgetCaps,
    /// For each calendar month.
    #[serde(default)]
    pub month: BudgetCaps,
}

/// How much of one cap is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BudgetBound {
    /// `day` or `month`.
    pub span: String,
    /// `bandwidth`, `tokens` or `money`.
    pub measure: String,
    /// How much there may be.
    pub limit: u64,
    /// How much is spent.
    pub current: u64,
    /// When counting begins anew (RFC 3339).
    pub resets_at: String,
}

/// A budget, and how much of it is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BudgetView {
    /// Whose org.
    pub org: String,
    /// Of which box; the org's own without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub box_id: Option<String>,
    /// For each day.
    pub day: BudgetCaps,
    /// For each month.
    pub month: BudgetCaps,
    /// How much of each cap is spent.
    pub spent: Vec<BudgetBound>,
    /// Raised by every change; 0 where there never was one. For `If-Match`.
    pub version: i64,
    /// When it was changed last (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}
