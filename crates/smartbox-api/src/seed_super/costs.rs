//! Costs in the older shape.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Query of costs.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeedCostQuery {
    /// Days, today among them; 30 by default.
    pub days: Option<u32>,
    /// Dollars with which the total is compared; 50 by default.
    pub threshold: Option<u32>,
}

/// What one service costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedServiceCost {
    /// `models`, `bandwidth`, `cpu`, `memory` or `storage`.
    pub service: String,
    /// How much of it was used.
    pub amount: u64,
    /// In which unit.
    pub unit: String,
    /// Dollars; null: it has no price.
    pub cost: Option<f64>,
}

/// What was used, and what it costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedCost {
    /// Whose box; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Dollars, of everything with a price.
    pub total: f64,
    /// Always.
    pub currency: String,
    /// Each service.
    pub services: Vec<SeedServiceCost>,
}

/// What one day costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeedCostDay {
    /// The day.
    pub date: String,
    /// Dollars.
    pub total: f64,
}

/// What each day costs, as it was metered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeedCostTrend {
    /// Each day on which something was used.
    pub trend: Vec<SeedCostDay>,
}

/// Whether it is too much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeedCostCheck {
    /// Dollars.
    pub total: f64,
    /// Dollars.
    pub threshold: f64,
    /// Whether the total is more.
    pub over: bool,
}

/// What a service costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedRate {
    /// The plan.
    pub plan: String,
    /// `bandwidth`, `cpu`, `memory` or `storage`.
    pub service: String,
    /// How much the price is for.
    pub per: u64,
    /// In which unit.
    pub unit: String,
    /// Dollars; null: it has no price.
    pub price: Option<f64>,
}

/// What everything costs. Models cost what their providers charge, call by call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeedRates {
    /// Each plan and service.
    pub rates: Vec<SeedRate>,
}
