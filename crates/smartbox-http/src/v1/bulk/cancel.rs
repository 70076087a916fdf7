//! `DELETE /v1/bulk-runs/{bulk}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::BulkRunView;

use super::{bulk_id, state_view};
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// End what is done with many boxes
///
/// No further box is begun. Those under way are seen through.
#[utoipa::path(
    delete,
    path = "/v1/bulk-runs/{bulk}",
    tag = "fleet",
    operation_id = "cancelBulkRun",
    params(("bulk" = String, Path, description = "`blk_…`")),
    responses((status = OK, description = "How it went.", body = BulkRunView)),
)]
pub(crate) async fn cancel(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(bulk): Path<String>,
) -> Result<Json<BulkRunView>, ApiError> {
    Ok(Json(state_view(&state.control().cancel_bulk_run(&op, bulk_id(&bulk)?).await?)))
}
