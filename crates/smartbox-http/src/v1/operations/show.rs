//! `GET /v1/operations/{operation}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{OperationQuery, OperationView};
use smartbox_control::Error;
use smartbox_core::OperationId;

use super::operation_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::duration;
use crate::problem::ApiError;
use crate::v1::backups::work_view;

/// Look at an operation
///
/// With `wait` the answer comes when the operation has ended, or when the time is over.
#[utoipa::path(
    get,
    path = "/v1/operations/{operation}",
    tag = "operations",
    operation_id = "showOperation",
    params(("operation" = String, Path, description = "Its id."), OperationQuery),
    responses((status = OK, description = "The operation as it is now.", body = OperationView)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    QueryOf(query): QueryOf<OperationQuery>,
) -> Result<Json<OperationView>, ApiError> {
    let id = id.ok().and_then(|Path(id)| id.parse::<OperationId>().ok());
    let id = id.ok_or(Error::NotFound("operation"))?;
    let operation = match query.wait.as_deref() {
        None => state.control().find_operation(&op, id).await?,
        Some(wait) => {
            let bad = || ApiError::field("wait", "is a duration such as `30s` or `500ms`");
            let wait = duration::parse(wait).ok_or_else(bad)?;
            let ended = state.control().wait_for_operation(&op, id, wait);
            let stop = state.stop();
            tokio::select! {
                operation = ended => operation?,
                () = stop.cancelled() => state.control().find_operation(&op, id).await?,
            }
        }
    };
    let progress = state.control().operation_progress(&operation);
    Ok(Json(OperationView {
        step: state.control().operation_step(&operation),
        progress: progress.as_ref().map(work_view),
        ..operation_view(&operation)
    }))
}
