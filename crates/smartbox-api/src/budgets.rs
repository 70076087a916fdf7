//! Budgets of boxes and orgs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
#[schema(example = json!({ "day": { "tokens": 2000000 }, "month": { "money_nanos": 20000000000_u64 } }))]
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
