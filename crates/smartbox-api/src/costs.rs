//! What boxes and orgs cost.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which costs.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CostQuery {
    /// Days, today among them; 1 to 366, 30 by default.
    #[param(minimum = 1, maximum = 366)]
    pub days: Option<u32>,
    /// Of this box alone: id, name or `default`.
    #[serde(rename = "box")]
    #[param(rename = "box")]
    pub smartbox: Option<String>,
    /// Of this org. Only an admin may name one; every org by default.
    pub org: Option<String>,
}

/// What was used on some days, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CostView {
    /// Of which org; absent: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Of this box alone.
    #[serde(default, rename = "box", skip_serializing_if = "Option::is_none")]
    pub box_id: Option<String>,
    /// The first day.
    #[schema(example = "2026-11-01")]
    pub from: String,
    /// The last day.
    #[schema(example = "2026-11-30")]
    pub to: String,
    /// What everything with a price costs, in nano-dollars.
    pub total_nanos: u64,
    /// Each service.
    pub services: Vec<ServiceCostView>,
    /// Each day on which something was used, the earliest first.
    pub days: Vec<DayCostView>,
    /// The boxes whose models cost most, at most 1,000; none where one box was asked for.
    pub boxes: Vec<BoxCostView>,
}

/// What one service costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceCostView {
    /// `models`, `bandwidth`, `cpu`, `memory` or `storage`.
    pub service: String,
    /// How much of it was used.
    pub amount: u64,
    /// In which unit.
    #[schema(example = "bytes")]
    pub unit: String,
    /// What it costs, in nano-dollars; absent: it has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_nanos: Option<u64>,
}

/// What one day costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayCostView {
    /// The day.
    pub day: String,
    /// What it costs, in nano-dollars.
    pub total_nanos: u64,
    /// Each service.
    pub services: Vec<ServiceCostView>,
}

/// What one box costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoxCostView {
    /// `box_…`; it may be gone.
    pub id: String,
    /// Whose it was.
    pub org: String,
    /// What it costs, in nano-dollars.
    pub total_nanos: u64,
    /// Each service.
    pub services: Vec<ServiceCostView>,
}
