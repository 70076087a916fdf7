//! `GET` and `PUT /_smartbox/debug/log`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use smartbox_api::{DebugLog, SetDebugLog};

use super::LogLevel;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::duration;
use crate::problem::{ApiError, codes};

/// Longest time for which more is written: what is forgotten fills a disk.
const LASTS_MAX: Duration = Duration::from_hours(24);

/// Show what is written to the log
///
/// From this machine, with the admin secret, where the setting allows it.
#[utoipa::path(
    get,
    path = "/_smartbox/debug/log",
    tag = "debug",
    operation_id = "debugLog",
    security(("admin_secret" = [])),
    responses((status = OK, description = "The filter, and what is added to it for a while.", body = DebugLog)),
)]
pub(crate) async fn show(State(state): State<HttpState>) -> Result<Json<DebugLog>, ApiError> {
    let insight = state.insight().ok_or_else(|| ApiError::known(&codes::NOT_FOUND))?;
    Ok(Json(insight.log()))
}

/// Write more to the log for a while
///
/// Lines of the platform itself; those of libraries may hold credentials. The setting holds again when the time is over, or the
/// platform starts anew. The audit log says who did it. From this machine, with the admin secret, where the setting allows it.
#[utoipa::path(
    put,
    path = "/_smartbox/debug/log",
    tag = "debug",
    operation_id = "raiseDebugLog",
    security(("admin_secret" = [])),
    request_body = SetDebugLog,
    responses((status = OK, description = "What is written from now on.", body = DebugLog)),
)]
pub(crate) async fn raise(
    State(state): State<HttpState>,
    Caller(op): Caller,
    JsonBody(body): JsonBody<SetDebugLog>,
) -> Result<Json<DebugLog>, ApiError> {
    let insight = state.insight().ok_or_else(|| ApiError::known(&codes::NOT_FOUND))?;
    let level = LogLevel::ALL.into_iter().find(|level| level.as_str() == body.level);
    let level = level.ok_or_else(|| ApiError::field("level", "must be `info`, `debug` or `trace`"))?;
    let lasts = duration::parse(&body.lasts)
        .filter(|lasts| (Duration::from_secs(1)..=LASTS_MAX).contains(lasts))
        .ok_or_else(|| ApiError::field("for", "must be a time such as 30s or 15m, a day at most"))?;
    // Put down first: what is written more of may be about people.
    state.control().note_debug_log(&op, level.as_str(), lasts).await?;
    insight.raise_log(level, lasts);
    tracing::info!(
        level = level.as_str(),
        seconds = lasts.as_secs(),
        "more is written to the log for a while"
    );
    Ok(Json(insight.log()))
}
