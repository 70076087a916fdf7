//! Shapes of an older API: what the platform's admin does with people, machines, sizes and plans.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedAdminUser {
    /// Their id.
    pub id: String,
    /// What they sign in with, if they have an address.
    pub email: Option<String>,
    /// Their name.
    pub name: String,
    /// `viewer`, `operator`, `admin` or `owner` of their org.
    pub role: String,
    /// `pending`, `active` or `frozen`.
    pub status: String,
    /// The plan of their org.
    pub plan_id: Option<String>,
    /// Their org's id.
    pub org_id: String,
    /// When they were added (RFC 3339).
    pub created_at: String,
    /// The same: no later change is kept here.
    pub updated_at: String,
}

/// Lets a person in, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedSetStatus {
    /// `active` or `frozen`.
    #[schema(example = "active")]
    pub status: String,
}

/// Gives a person another role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedSetRole {
    /// `viewer`, `operator`, `admin` or `owner`; `user` is `operator`.
    #[schema(example = "admin")]
    pub role: String,
}

/// A size of machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedVpsConfig {
    /// Its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where machines of this size run.
    pub provider: String,
    /// Null: every machine has the platform's image.
    pub image: Option<String>,
    /// Null: there is one place.
    pub location: Option<String>,
    /// CPU quota in thousandths of a CPU.
    pub cpu_millicores: u32,
    /// Memory that is guaranteed, in MiB.
    pub memory_mb: u64,
    /// Null: disks are bounded by the plan, for all machines of an org together.
    pub disk_gb: Option<u64>,
    /// Hard memory limit, in MiB.
    pub memory_max_mb: u64,
    /// Most processes and threads.
    pub pids_max: u32,
    /// Most machines of this size that run at a time.
    pub boxes_max: u32,
}

/// Makes a size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "sprites-standard", "cpu_millicores": 1000, "memory_mb": 2048 }))]
pub struct SeedCreateVpsConfig {
    /// Its name: lower-case letters, digits and dashes.
    #[schema(example = "sprites-standard")]
    pub name: String,
    /// `local`, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Null, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Null, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// CPU quota in thousandths of a CPU.
    #[schema(example = 1000)]
    pub cpu_millicores: u32,
    /// Memory that is guaranteed, in MiB.
    #[schema(example = 2048)]
    pub memory_mb: u64,
    /// Taken and not kept: disks are bounded by the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_gb: Option<u64>,
    /// Hard memory limit, in MiB; half as much again as what is guaranteed, and at least 1,536, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_max_mb: Option<u64>,
    /// Most processes and threads; 512 if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids_max: Option<u32>,
    /// Most machines of this size that run at a time; 20 if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes_max: Option<u32>,
}

/// Changes a size. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedChangeVpsConfig {
    /// As it is: a size is known by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `local`, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Null, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Null, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// CPU quota in thousandths of a CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_millicores: Option<u32>,
    /// Memory that is guaranteed, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u64>,
    /// Taken and not kept: disks are bounded by the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_gb: Option<u64>,
    /// Hard memory limit, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_max_mb: Option<u64>,
    /// Most processes and threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids_max: Option<u32>,
    /// Most machines of this size that run at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes_max: Option<u32>,
}

/// Makes a plan, or changes one: there, what is left out stays. For a new one, what is left out is no limit, and no rate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedSetPlan {
    /// Its name: lower-case letters, digits and dashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "starter")]
    pub name: Option<String>,
    /// Most agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_agents: Option<u32>,
    /// Most machines. The same as `max_agents`, if both are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_vpses: Option<u32>,
    /// Bytes through the proxy in a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bandwidth_bytes: Option<u64>,
    /// Bytes on disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_storage_bytes: Option<u64>,
    /// CPU time in a month, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cpu_ms: Option<u64>,
    /// Memory over a month, in MiB-seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_memory_mb_seconds: Option<u64>,
    /// For each GiB more through the proxy. 0: nothing more may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overage_bandwidth_cost_per_gb_cents: Option<u64>,
    /// For each hour of a CPU more. 0: nothing more may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overage_cpu_cost_per_hour_cents: Option<u64>,
    /// For each GiB-hour of memory more. 0: nothing more may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overage_memory_cost_per_gb_hour_cents: Option<u64>,
}

/// What was cleaned up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedCleanup {
    /// How many machines.
    pub cleaned_up: u64,
}
