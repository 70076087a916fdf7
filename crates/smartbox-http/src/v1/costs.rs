//! `GET /v1/costs`

use axum::Json;
use axum::extract::State;
use smartbox_api::{BoxCostView, CostQuery, CostView, DayCostView, ServiceCostView};
use smartbox_control::CostReport;
use smartbox_core::ledger::Usage;
use smartbox_core::ledger::cost::{Costs, Service};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(costs))
}

/// Look at what boxes cost
///
/// Out of what was metered, by service, day and box. Models cost what their providers charge; everything else has the rates of the
/// org's plan, and no price where the plan has none. What the plan includes is not taken off: what an org owes stands in
/// `GET /v1/usage`.
#[utoipa::path(
    get,
    path = "/v1/costs",
    tag = "usage",
    operation_id = "costs",
    params(CostQuery),
    responses((status = OK, description = "The costs.", body = CostView)),
)]
pub(crate) async fn costs(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<CostQuery>,
) -> Result<Json<CostView>, ApiError> {
    let query = smartbox_control::CostQuery { org: query.org, smartbox: query.smartbox, days: query.days };
    Ok(Json(cost_view(&state.control().costs(&op, &query).await?)))
}

fn cost_view(report: &CostReport) -> CostView {
    let days = report.by_day.iter().map(|day| DayCostView {
        day: day.day.to_string(),
        total_nanos: day.costs.total(),
        services: services(&day.usage, &day.costs),
    });
    let boxes = report.by_box.iter().map(|one| BoxCostView {
        id: one.box_id.to_string(),
        org: one.org.to_string(),
        total_nanos: one.costs.total(),
        services: services(&one.usage, &one.costs),
    });
    CostView {
        org: report.org.map(|org| org.to_string()),
        box_id: report.box_id.map(|id| id.to_string()),
        from: report.days.0.to_string(),
        to: report.days.1.to_string(),
        total_nanos: report.costs.total(),
        services: services(&report.usage, &report.costs),
        days: days.collect(),
        boxes: boxes.collect(),
    }
}

fn services(usage: &Usage, costs: &Costs) -> Vec<ServiceCostView> {
    let view = |service: Service| ServiceCostView {
        service: service.as_str().to_owned(),
        amount: service.amount(usage),
        unit: service.unit().to_owned(),
        cost_nanos: costs.of(service),
    };
    Service::ALL.map(view).into()
}
