//! Shapes of an older API that programs still speak: plans, overage budget and usage of agents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A plan in the older shape. A limit that does not exist is null; rates are in cents, rounded up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedPlan {
    /// Its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Most agents.
    pub max_agents: Option<u32>,
    /// Most placed agents: the same.
    pub max_vpses: Option<u32>,
    /// Bytes through the proxy in a month.
    pub max_bandwidth_bytes: Option<u64>,
    /// Bytes on disk.
    pub max_storage_bytes: Option<u64>,
    /// CPU time in a month, in milliseconds.
    pub max_cpu_ms: Option<u64>,
    /// Memory over a month, in MiB-seconds.
    pub max_memory_mb_seconds: Option<u64>,
    /// For each GiB more through the proxy.
    pub overage_bandwidth_cost_per_gb_cents: u64,
    /// For each hour of a CPU more.
    pub overage_cpu_cost_per_hour_cents: u64,
    /// For each GiB-hour of memory more.
    pub overage_memory_cost_per_gb_hour_cents: u64,
}

/// What is paid at most for overage in this month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverageBudget {
    /// Cents of a dollar.
    pub budget_cents: u64,
    /// When the month began (RFC 3339).
    pub period_start: String,
}

/// Sets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "budget_cents": 2000 }))]
pub struct SetOverageBudget {
    /// Cents of a dollar.
    pub budget_cents: u64,
}

/// How much of something there is and may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedMeter {
    /// How much there is.
    pub used: u64,
    /// How much there may be; null without a limit.
    pub limit: Option<u64>,
    /// Whether it is more.
    pub exceeded: bool,
}

/// What an agent's org has used this month, in the older shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedUsage {
    /// Whether the agent may go on.
    pub allowed: bool,
    /// Bytes through the proxy.
    pub bandwidth: SeedMeter,
    /// Bytes on disk.
    pub storage: SeedMeter,
    /// CPU time, in milliseconds.
    pub cpu: SeedMeter,
    /// Memory over time, in MiB-seconds.
    pub memory: SeedMeter,
    /// What the overage costs so far, rounded up.
    pub overage_cost_cents: u64,
    /// What is paid at most for it, rounded down.
    pub overage_budget_cents: u64,
}
