//! `GET /v1/bulk-runs`

use axum::Json;
use axum::extract::State;
use smartbox_api::BulkRunList;

use super::run_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List what was done with many boxes
#[utoipa::path(
    get,
    path = "/v1/bulk-runs",
    tag = "fleet",
    operation_id = "listBulkRuns",
    responses((status = OK, description = "The 50 newest, the newest first.", body = BulkRunList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<BulkRunList>, ApiError> {
    let runs = state.control().list_bulk_runs(&op).await?;
    Ok(Json(BulkRunList { items: runs.iter().map(run_view).collect() }))
}
