//! `POST /v1/operations/{operation}/cancel`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::OperationView;
use smartbox_control::Error;
use smartbox_core::OperationId;

use super::operation_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Cancel an operation
///
/// A box that is created or started is stopped and keeps its disk; one that is to fall asleep stays awake; a backup is not made; a box that
/// is restored keeps the disk it has, until that is replaced. What cannot be taken back is refused with 409, which says what can be done in its place.
#[utoipa::path(
    post,
    path = "/v1/operations/{operation}/cancel",
    tag = "operations",
    operation_id = "cancelOperation",
    params(("operation" = String, Path, description = "Its id.")),
    responses((status = OK, description = "The operation, which has ended.", body = OperationView)),
)]
pub(crate) async fn cancel(
    State(state): State<HttpState>,
    Caller(op): Caller,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Json<OperationView>, ApiError> {
    let id = id.ok().and_then(|Path(id)| id.parse::<OperationId>().ok());
    let id = id.ok_or(Error::NotFound("operation"))?;
    Ok(Json(operation_view(&state.control().cancel_operation(&op, id).await?)))
}
