//! `POST /v1/boxes/{box}/schedules`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{CreateSchedule, ScheduleView, UpdateSchedule};

use super::{schedule_view, wish};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Create a schedule
///
/// By the clock, the box is woken, or something is said to its agent. A sleeping box is woken ahead of it. Times that a change of
/// the clock leaves out come at the end of the gap, those that it repeats come once.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/schedules",
    tag = "schedules",
    operation_id = "createSchedule",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours."),
    ),
    request_body = CreateSchedule,
    responses((status = CREATED, description = "The schedule.", body = ScheduleView)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CreateSchedule>,
) -> Result<Response, ApiError> {
    let asked = (reference.clone(), body.clone());
    let wish = wish(UpdateSchedule {
        name: Some(body.name),
        cron: body.cron,
        time_zone: body.time_zone,
        at: body.at,
        wake: body.wake,
        message: body.message,
        catch_up: body.catch_up,
        enabled: body.enabled,
    })?;
    // Before the key is looked at: a box that is not there has none.
    let smartbox = state.control().resolve(&op, smartbox_core::Permission::BoxesOperate, &reference).await?;
    let (control, caller, org) = (state.control().clone(), op.clone(), smartbox.org.to_string());
    let work = async move {
        let made = control.create_schedule(&caller, &reference, &wish).await?;
        Ok((StatusCode::CREATED, schedule_view(&caller, &made)))
    };
    once(&state, &op, &headers, "POST /v1/boxes/{box}/schedules", Some(&org), &asked, work).await
}
