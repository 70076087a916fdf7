//! `POST /api/super/bulk/config-patch`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use smartbox_api::{SeedBulkPatch, SeedBulkPatchResults, SeedBulkPatched};
use smartbox_control::{ConfigWish, Control, Op};

use super::bulk_restart::USERS_MAX;
use super::target::SuperAdmin;
use crate::HttpState;
use crate::body::JsonBody;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::request::Instance;

/// Patch many configurations, in the older shape
///
/// One after the other, and the answer says what came of each: what is wrong with one box's configuration is that box's error, and
/// nothing of it is changed. Whether gateways are well with it is told by the operations. `POST /v1/bulk-runs` does the same with a
/// stop threshold, a canary and a dry run.
#[utoipa::path(
    post,
    path = "/api/super/bulk/config-patch",
    tag = "seeds",
    operation_id = "seedBulkPatch",
    request_body = SeedBulkPatch,
    responses((status = OK, description = "What came of each.", body = SeedBulkPatchResults)),
)]
pub(crate) async fn bulk_patch(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
    Instance(instance): Instance,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SeedBulkPatch>,
) -> Result<Response, ApiError> {
    let (control, caller, asked) = (state.control().clone(), op.clone(), body.clone());
    let work = async move {
        let users = match asked.user_ids {
            Some(users) => users,
            None => everybody(&control, &caller)?,
        };
        if !(1..=USERS_MAX).contains(&users.len()) {
            let message = format!("are 1 to {USERS_MAX}; `POST /v1/bulk-runs` does it with more");
            return Err(ApiError::field("userIds", message));
        }
        let wish = ConfigWish::Patch(Value::Object(asked.patch));
        let mut results = Vec::with_capacity(users.len());
        for user in users {
            let patched = patch(&control, &caller, &user, &wish).await;
            results.push(patched.unwrap_or_else(|error| failed(user, error, &instance)));
        }
        Ok((StatusCode::OK, SeedBulkPatchResults { results }))
    };
    once(&state, &op, &headers, "POST /api/super/bulk/config-patch", None, &body, work).await
}

fn everybody(control: &Control, op: &Op) -> Result<Vec<String>, ApiError> {
    let fleet = control
        .fleet_summary(op, &smartbox_control::FleetQuery { limit: USERS_MAX + 1, ..Default::default() })?;
    Ok(fleet.boxes.iter().map(|state| state.id.to_string()).collect())
}

async fn patch(
    control: &Control,
    op: &Op,
    user: &str,
    wish: &ConfigWish,
) -> Result<SeedBulkPatched, ApiError> {
    let smartbox = control.box_of_user(op, user, None).await?;
    let changed = control.change_config(op, &smartbox.id.to_string(), wish, None).await?;
    Ok(SeedBulkPatched {
        user_id: user.to_owned(),
        box_id: Some(smartbox.id.to_string()),
        success: true,
        version: Some(changed.config.version),
        operation_id: changed.operation.map(|operation| operation.id.to_string()),
        error: None,
    })
}

fn failed(user_id: String, error: ApiError, instance: &str) -> SeedBulkPatched {
    let problem = error.report(instance);
    let error = Some(problem.detail.unwrap_or(problem.title));
    SeedBulkPatched { user_id, box_id: None, success: false, version: None, operation_id: None, error }
}
