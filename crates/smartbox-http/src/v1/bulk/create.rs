//! `POST /v1/bulk-runs`

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use smartbox_api::{BulkActionWord, BulkRunView, CreateBulkRun};
use smartbox_control::{BulkBox, BulkWish, NewBulkRun, Op};

use super::{bulk_box_view, state_view};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::v1::boxes::selector;

/// Do one thing with many boxes
///
/// Restart them, or patch their configurations: one box after the other, each once at most, with time between their beginnings, also
/// over a restart of the platform. When so many have failed, no further box is begun. With `canary` the first ones have to be well
/// before the others are begun. What is wrong with one box is that box's result. `restart` leaves boxes alone that do not run. With
/// `dry_run` nothing is done, and the answer says what would be.
#[utoipa::path(
    post,
    path = "/v1/bulk-runs",
    tag = "fleet",
    operation_id = "createBulkRun",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours.")),
    request_body = CreateBulkRun,
    responses(
        (status = OK, description = "What would be done.", body = BulkRunView),
        (status = ACCEPTED, description = "It is under way.", body = BulkRunView),
    ),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CreateBulkRun>,
) -> Result<Response, ApiError> {
    let new = wish(&body)?;
    let (control, caller, dry_run) = (state.control().clone(), op.clone(), body.dry_run);
    let work = async move {
        if dry_run {
            let boxes = control.forecast_bulk_run(&caller, &new).await?;
            let now = control.clock().now().to_string();
            return Ok((StatusCode::OK, forecast_view(&caller, &new, &boxes, now)));
        }
        let made = control.create_bulk_run(&caller, &new).await?;
        Ok((StatusCode::ACCEPTED, state_view(&made)))
    };
    once(&state, &op, &headers, "POST /v1/bulk-runs", body.org.as_deref(), &body, work).await
}

fn wish(body: &CreateBulkRun) -> Result<NewBulkRun, ApiError> {
    let wish = match (body.action, &body.patch) {
        (BulkActionWord::Restart, None) => BulkWish::Restart,
        (BulkActionWord::Restart, Some(_)) => {
            return Err(ApiError::field("patch", "belongs to `patch-config`"));
        }
        (BulkActionWord::PatchConfig, Some(patch)) => BulkWish::PatchConfig(Value::Object(patch.clone())),
        (BulkActionWord::PatchConfig, None) => {
            return Err(ApiError::field("patch", "says what is to change"));
        }
    };
    Ok(NewBulkRun {
        wish,
        org: body.org.clone(),
        boxes: body.boxes.clone(),
        selector: body.label.as_deref().map(selector).transpose()?,
        delay: body.delay_ms.map(Duration::from_millis),
        stop_after: body.stop_after,
        canary: body.canary,
    })
}

fn forecast_view(op: &Op, new: &NewBulkRun, boxes: &[BulkBox], now: String) -> BulkRunView {
    let action = match new.wish {
        BulkWish::Restart => "restart",
        BulkWish::PatchConfig(_) => "patch-config",
    };
    BulkRunView {
        id: None,
        org: new.org.clone(),
        action: action.to_owned(),
        state: "dry-run".to_owned(),
        delay_ms: new.delay.and_then(|delay| u64::try_from(delay.as_millis()).ok()).unwrap_or(0),
        stop_after: u64::from(new.stop_after.unwrap_or(1)),
        canary: u64::from(new.canary.unwrap_or(0)),
        asked_by: op.principal.actor(),
        created_at: now,
        finished_at: None,
        boxes: boxes.iter().map(bulk_box_view).collect(),
    }
}
