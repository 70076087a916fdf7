//! `GET /v1/usage`

use axum::Json;
use axum::extract::State;
use smartbox_api::{UsageQuery, UsageView};

use super::usage_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at what an org has used
///
/// Traffic, models, CPU, memory and disk of all its boxes, by day, box and model, and how it stands with its plan.
#[utoipa::path(
    get,
    path = "/v1/usage",
    tag = "usage",
    operation_id = "showUsage",
    params(UsageQuery),
    responses((status = OK, description = "What was used.", body = UsageView)),
)]
pub(crate) async fn of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<UsageQuery>,
) -> Result<Json<UsageView>, ApiError> {
    let control = state.control();
    let org = query.org.as_deref();
    let report = control.org_usage(&op, org, query.period.as_deref()).await?;
    Ok(Json(usage_view(report, &control.plan_state(&op, org).await?)))
}
