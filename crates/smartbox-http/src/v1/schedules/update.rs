//! `PATCH /v1/boxes/{box}/schedules/{schedule}`

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{ScheduleView, UpdateSchedule};

use super::{tagged, wish};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Change a schedule
///
/// What is left out stays. Times that have passed meanwhile are not made up for.
#[utoipa::path(
    patch,
    path = "/v1/boxes/{box}/schedules/{schedule}",
    tag = "schedules",
    operation_id = "updateSchedule",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("schedule" = String, Path, description = "Id."),
        ("If-Match" = Option<String>, Header, description = "The version of the schedule that the decision rests on."),
    ),
    request_body = UpdateSchedule,
    responses((
        status = OK,
        description = "The schedule as it is now.",
        body = ScheduleView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, schedule)): Path<(String, String)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<UpdateSchedule>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let wish = wish(body)?;
    let changed = state.control().change_schedule(&op, (&reference, &schedule), &wish, version).await?;
    Ok(tagged(StatusCode::OK, &op, &changed))
}
