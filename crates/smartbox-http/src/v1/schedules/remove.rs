//! `DELETE /v1/boxes/{box}/schedules/{schedule}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Remove a schedule
#[utoipa::path(
    delete,
    path = "/v1/boxes/{box}/schedules/{schedule}",
    tag = "schedules",
    operation_id = "removeSchedule",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("schedule" = String, Path, description = "Id."),
    ),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn remove(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, schedule)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    state.control().remove_schedule(&op, &reference, &schedule).await?;
    Ok(StatusCode::NO_CONTENT)
}
