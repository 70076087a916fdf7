//! `GET /api/super/cost/rates`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedRate, SeedRates};
use smartbox_core::ledger::cost::Service;

use super::target::SuperAdmin;
use super::words::dollars;
use crate::HttpState;
use crate::problem::ApiError;

/// Look at what everything costs, in the older shape
///
/// The rates of each plan, which are what costs are computed with. Models cost what their providers charge, call by call.
#[utoipa::path(
    get,
    path = "/api/super/cost/rates",
    tag = "seeds",
    operation_id = "seedCostRates",
    responses((status = OK, description = "The rates.", body = SeedRates)),
)]
pub(crate) async fn cost_rates(
    State(state): State<HttpState>,
    SuperAdmin(_op): SuperAdmin,
) -> Result<Json<SeedRates>, ApiError> {
    let mut rates = Vec::new();
    for plan in state.control().list_plans().await? {
        for service in Service::ALL.into_iter().filter(|service| *service != Service::Models) {
            let rate = service.rate(&plan.terms.rates);
            rates.push(SeedRate {
                plan: plan.name.clone(),
                service: service.as_str().to_owned(),
                per: service.per(),
                unit: service.unit().to_owned(),
                price: rate.map(dollars),
            });
        }
    }
    Ok(Json(SeedRates { rates }))
}
