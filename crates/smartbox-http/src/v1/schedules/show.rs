//! `GET /v1/boxes/{box}/schedules/{schedule}`

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use smartbox_api::ScheduleView;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at a schedule
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/schedules/{schedule}",
    tag = "schedules",
    operation_id = "showSchedule",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("schedule" = String, Path, description = "Id."),
    ),
    responses((
        status = OK,
        description = "The schedule.",
        body = ScheduleView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, schedule)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let found = state.control().find_schedule(&op, &reference, &schedule).await?;
    Ok(tagged(StatusCode::OK, &op, &found))
}
