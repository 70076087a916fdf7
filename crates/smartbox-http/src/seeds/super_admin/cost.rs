//! `GET /api/super/cost`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedCost, SeedCostQuery, SeedServiceCost};
use smartbox_control::{CostQuery, CostReport, Op};
use smartbox_core::ledger::cost::Service;

use super::target::SuperAdmin;
use super::words::dollars;
use crate::HttpState;
use crate::body::QueryOf;
use crate::problem::ApiError;

/// The costs of the last days, of everybody or of one box.
pub(super) async fn report(
    state: &HttpState,
    op: &Op,
    smartbox: Option<String>,
    days: Option<u32>,
) -> Result<CostReport, ApiError> {
    Ok(state.control().costs(op, &CostQuery { org: None, smartbox, days }).await?)
}

/// What some of the services cost.
pub(super) fn cost_view(report: &CostReport, user_id: Option<String>, services: &[Service]) -> SeedCost {
    let total = services.iter().filter_map(|service| report.costs.of(*service)).fold(0, u64::saturating_add);
    let view = |service: &Service| SeedServiceCost {
        service: service.as_str().to_owned(),
        amount: service.amount(&report.usage),
        unit: service.unit().to_owned(),
        cost: report.costs.of(*service).map(dollars),
    };
    SeedCost {
        user_id,
        from: report.days.0.to_string(),
        to: report.days.1.to_string(),
        total: dollars(total),
        currency: "USD".to_owned(),
        services: services.iter().map(view).collect(),
    }
}

/// Look at what the fleet costs, in the older shape
///
/// Out of what was metered: models at what their providers charge, everything else at the rates of the orgs' plans.
#[utoipa::path(
    get,
    path = "/api/super/cost",
    tag = "seeds",
    operation_id = "seedCost",
    params(SeedCostQuery),
    responses((status = OK, description = "The answer.", body = SeedCost)),
)]
pub(crate) async fn cost(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
    QueryOf(query): QueryOf<SeedCostQuery>,
) -> Result<Json<SeedCost>, ApiError> {
    let report = report(&state, &op, None, query.days).await?;
    Ok(Json(cost_view(&report, None, &Service::ALL)))
}
