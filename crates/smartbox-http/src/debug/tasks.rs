//! `GET /_smartbox/debug/tasks`

use axum::Json;
use axum::extract::State;
use smartbox_api::DebugTasks;

use crate::HttpState;
use crate::problem::{ApiError, codes};

/// List the platform's tasks
///
/// Its loops and servers, and how busy its runtime is. From this machine, with the admin secret, where the setting allows it.
#[utoipa::path(
    get,
    path = "/_smartbox/debug/tasks",
    tag = "debug",
    operation_id = "debugTasks",
    security(("admin_secret" = [])),
    responses((status = OK, description = "What runs now.", body = DebugTasks)),
)]
pub(crate) async fn list(State(state): State<HttpState>) -> Result<Json<DebugTasks>, ApiError> {
    let insight = state.insight().ok_or_else(|| ApiError::known(&codes::NOT_FOUND))?;
    Ok(Json(insight.tasks()))
}
