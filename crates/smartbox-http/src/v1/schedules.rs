//! Schedules of boxes.

mod create;
mod list;
mod remove;
mod show;
mod update;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use smartbox_api::{MessageAction, ScheduleRunView, ScheduleView, UpdateSchedule, WakeAction};
use smartbox_control::{Op, Schedule, ScheduleAction, ScheduleWish};
use smartbox_core::Permission;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;
use crate::problem::ApiError;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(create::create, list::list)).routes(routes!(
        show::show,
        update::update,
        remove::remove
    ))
}

pub(super) fn schedule_view(op: &Op, schedule: &Schedule) -> ScheduleView {
    let Schedule { plan, next, .. } = schedule;
    let (wake, message) = match &plan.action {
        ScheduleAction::Wake { awake_secs } => (Some(WakeAction { minutes: awake_secs / 60 }), None),
        ScheduleAction::Message { text, session } => {
            // What is said to an agent is for those who may talk to it.
            let may_read = op.principal.check_boxes(Permission::BoxesTalk).is_ok();
            let text = may_read.then(|| text.clone());
            (None, Some(MessageAction { text, session: Some(session.clone()) }))
        }
    };
    ScheduleView {
        id: schedule.id.to_string(),
        box_id: schedule.box_id.to_string(),
        name: plan.name.clone(),
        cron: plan.cron.clone(),
        time_zone: plan.time_zone.clone(),
        at: plan.at.map(|at| at.to_string()),
        wake,
        message,
        catch_up: plan.catch_up.to_string(),
        enabled: plan.enabled,
        version: schedule.version,
        created_by: schedule.created_by.clone(),
        created_at: schedule.created_at.to_string(),
        next_at: next.filter(|_| plan.enabled).map(|next| next.at.to_string()),
        fires_at: next.filter(|_| plan.enabled).map(|next| next.fires_at.to_string()),
        last_run: schedule.run.as_ref().map(|run| ScheduleRunView {
            id: run.id.clone(),
            due_at: run.due.to_string(),
            at: run.at.to_string(),
            state: run.state.as_str().to_owned(),
            error: run.what.clone(),
        }),
    }
}

/// What a body asks for.
fn wish(update: UpdateSchedule) -> Result<ScheduleWish, ApiError> {
    let (message, session) = match update.message {
        Some(MessageAction { text: None, session: None }) => {
            return Err(ApiError::field("message.text", "is missing"));
        }
        Some(MessageAction { text, session }) => (text, session),
        None => (None, None),
    };
    Ok(ScheduleWish {
        name: update.name,
        cron: update.cron,
        time_zone: update.time_zone,
        at: update.at,
        wake_minutes: update.wake.map(|wake| wake.minutes),
        message,
        session,
        catch_up: update.catch_up,
        enabled: update.enabled,
    })
}

/// A schedule with its version as entity tag.
fn tagged(status: StatusCode, op: &Op, schedule: &Schedule) -> Response {
    let tag = [(http::header::ETAG, etag(schedule.version))];
    (tag, json(status, &schedule_view(op, schedule))).into_response()
}
