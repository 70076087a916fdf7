//! What was used.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::plans::PlanStateView;

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
