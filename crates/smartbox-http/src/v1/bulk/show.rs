//! `GET /v1/bulk-runs/{bulk}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::BulkRunView;

use super::{bulk_id, state_view};
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Show what is done with many boxes
///
/// With how it goes with each of them.
#[utoipa::path(
    get,
    path = "/v1/bulk-runs/{bulk}",
    tag = "fleet",
    operation_id = "showBulkRun",
    params(("bulk" = String, Path, description = "`blk_…`")),
    responses((status = OK, description = "How it goes.", body = BulkRunView)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(bulk): Path<String>,
) -> Result<Json<BulkRunView>, ApiError> {
    Ok(Json(state_view(&state.control().find_bulk_run(&op, bulk_id(&bulk)?).await?)))
}
