//! `GET /v1/boxes/{box}/usage`

use axum::Json;
use axum::extract::State;
use smartbox_api::{PeriodQuery, UsageView};

use super::usage_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Look at what a box has used
///
/// Traffic, models, CPU, memory and disk, by day and model, and how its org stands with its plan.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/usage",
    tag = "usage",
    operation_id = "showBoxUsage",
    params(("box" = String, Path, description = "Id, name or `default`."), PeriodQuery),
    responses((status = OK, description = "What was used.", body = UsageView)),
)]
pub(crate) async fn of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    QueryOf(query): QueryOf<PeriodQuery>,
) -> Result<Json<UsageView>, ApiError> {
    let control = state.control();
    let report = control.box_usage(&op, &reference, query.period.as_deref()).await?;
    Ok(Json(usage_view(report, &control.box_plan_state(&op, &reference).await?)))
}
