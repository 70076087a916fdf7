//! What boxes use, what they may use, and what is set aside before it is spent.
//!
//! Three logs are appended to (`egress_usage`, `model_usage`, `compute_usage`). Their sums by day and month are brought up to date
//! in the transaction that appends, from the row behind the last one that was summed up: a row counts once, whoever does it.

pub(crate) mod budgets;
pub(crate) mod bytes;
pub(crate) mod compute;
pub(crate) mod holds;
pub(crate) mod org_plan;
pub(crate) mod plans;
pub(crate) mod prune;
pub(crate) mod reports;
pub(crate) mod roll_up;
pub(crate) mod settle;
pub(crate) mod spans;
pub(crate) mod spend;
pub(crate) mod standing;
pub(crate) mod sums;
pub(crate) mod used;
pub(crate) mod warn;

pub use budgets::BudgetRow;
pub use compute::{ComputeUsage, Gauge};
pub use holds::BoxHold;
pub use org_plan::OrgPlan;
pub use plans::{NewPlan, PlanRow};
pub use reports::{ModelSum, UsageRow};
pub use settle::{Settled, Spent};
pub use spans::{BoxUsage, DayUsage, Days};
pub use spend::{Granted, SpendAsk, SpendBlock};
pub use standing::{BoxStanding, OrgStanding, Terms};
pub use warn::{Reached, Tell};

use jiff::tz::TimeZone;

/// The zone of this name. One that this host does not know any more is UTC: usage has to be counted somewhere.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}
