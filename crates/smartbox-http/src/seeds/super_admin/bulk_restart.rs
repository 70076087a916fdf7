//! `POST /api/super/bulk/restart`

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{SeedBulkRestart, SeedBulkStarted};
use smartbox_control::{BulkWish, Control, NewBulkRun, Op};

use super::target::SuperAdmin;
use crate::HttpState;
use crate::body::OptionalJsonBody;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Failures after which no further box is begun. The older API went on whatever happened.
const STOP_AFTER: u32 = u32::MAX;
/// Most users of one request.
pub(super) const USERS_MAX: usize = 200;

/// Restart many boxes, in the older shape
///
/// Each once, with time between them, also over a restart of the platform. Boxes that do not run are left alone.
#[utoipa::path(
    post,
    path = "/api/super/bulk/restart",
    tag = "seeds",
    operation_id = "seedBulkRestart",
    request_body = Option<SeedBulkRestart>,
    responses((status = ACCEPTED, description = "It is under way.", body = SeedBulkStarted)),
)]
pub(crate) async fn bulk_restart(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody<SeedBulkRestart>,
) -> Result<Response, ApiError> {
    let (control, caller, asked) = (state.control().clone(), op.clone(), body.clone());
    let work = async move {
        let boxes = match &asked.user_ids {
            Some(users) => boxes_of(&control, &caller, users).await?,
            None => Vec::new(),
        };
        let new = NewBulkRun {
            wish: BulkWish::Restart,
            org: None,
            boxes,
            selector: None,
            delay: asked.delay_ms.map(Duration::from_millis),
            stop_after: Some(STOP_AFTER),
            canary: None,
        };
        let made = control.create_bulk_run(&caller, &new).await?;
        let (id, started) = (made.run.id, made.boxes.len() as u64);
        let delay = u64::try_from(made.run.terms.delay.as_millis()).unwrap_or(u64::MAX);
        let view = SeedBulkStarted {
            started,
            estimated_duration_ms: delay.saturating_mul(started.saturating_sub(1)),
            bulk_id: id.to_string(),
            poll_url: format!("/v1/bulk-runs/{id}"),
        };
        Ok((StatusCode::ACCEPTED, view))
    };
    once(&state, &op, &headers, "POST /api/super/bulk/restart", None, &body, work).await
}

async fn boxes_of(control: &Control, op: &Op, users: &[String]) -> Result<Vec<String>, ApiError> {
    if !(1..=USERS_MAX).contains(&users.len()) {
        return Err(ApiError::field("userIds", format!("are 1 to {USERS_MAX}")));
    }
    let mut boxes = Vec::with_capacity(users.len());
    for user in users {
        boxes.push(control.box_of_user(op, user, None).await?.id.to_string());
    }
    Ok(boxes)
}
