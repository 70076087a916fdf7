//! `GET /api/super/cost/service/{service}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{SeedCost, SeedCostQuery};
use smartbox_control::Error;
use smartbox_core::ledger::cost::Service;

use super::cost::{cost_view, report};
use super::target::SuperAdmin;
use crate::HttpState;
use crate::body::QueryOf;
use crate::problem::ApiError;

fn services(name: &str) -> Option<Vec<Service>> {
    match name {
        "r2" => Some(vec![Service::Storage]),
        "sandbox" => Some(vec![Service::Cpu, Service::Memory]),
        // There are neither workers nor durable objects here.
        name => {
            Service::ALL.into_iter().find(|service| service.as_str() == name).map(|service| vec![service])
        }
    }
}

/// Look at what one service costs, in the older shape
///
/// `models`, `bandwidth`, `cpu`, `memory`, `storage`; of the older names `r2` (disk) and `sandbox` (CPU and memory).
#[utoipa::path(
    get,
    path = "/api/super/cost/service/{service}",
    tag = "seeds",
    operation_id = "seedCostOfService",
    params(("service" = String, Path, description = "Its name."), SeedCostQuery),
    responses((status = OK, description = "The answer.", body = SeedCost)),
)]
pub(crate) async fn cost_of_service(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
    Path(service): Path<String>,
    QueryOf(query): QueryOf<SeedCostQuery>,
) -> Result<Json<SeedCost>, ApiError> {
    let services = services(&service).ok_or(Error::NotFound("service"))?;
    let report = report(&state, &op, None, query.days).await?;
    Ok(Json(cost_view(&report, None, &services)))
}
