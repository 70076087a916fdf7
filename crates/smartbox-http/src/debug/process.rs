//! `GET /_smartbox/debug/process`

use axum::Json;
use axum::extract::State;
use smartbox_api::DebugProcess;

use crate::HttpState;
use crate::problem::{ApiError, codes};

/// Show the platform's process
///
/// How long it runs, what it holds, and what it misses. From this machine, with the admin secret, where the setting allows it.
#[utoipa::path(
    get,
    path = "/_smartbox/debug/process",
    tag = "debug",
    operation_id = "debugProcess",
    security(("admin_secret" = [])),
    responses((status = OK, description = "The process as it is now.", body = DebugProcess)),
)]
pub(crate) async fn show(State(state): State<HttpState>) -> Result<Json<DebugProcess>, ApiError> {
    let insight = state.insight().ok_or_else(|| ApiError::known(&codes::NOT_FOUND))?;
    let missing = state.ready().missing().await;
    Ok(Json(DebugProcess { version: state.version().to_owned(), missing, ..insight.process() }))
}
