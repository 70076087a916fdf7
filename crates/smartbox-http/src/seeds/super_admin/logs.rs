//! `GET /api/super/users/{id}/logs`

use axum::Json;
use axum::extract::State;
use futures_util::TryStreamExt;
use smartbox_api::{SeedBoxQuery, SeedLogs, SeedLogsQuery};
use smartbox_control::{LogFilter, LogQuery, LogSource};

use super::target::Target;
use crate::HttpState;
use crate::body::QueryOf;
use crate::problem::ApiError;

/// Lines when nobody says how many.
const TAIL_DEFAULT: u32 = 200;
/// Most lines.
const TAIL_MAX: u32 = 10_000;
/// Most bytes of them.
const BYTES_MAX: usize = 4 << 20;

/// Read the last lines of a gateway's log, in the older shape
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/logs",
    tag = "seeds",
    operation_id = "seedLogs",
    params(
        ("id" = String, Path, description = "A person's id: their default box; or a box's id or name."),
        SeedBoxQuery,
        SeedLogsQuery,
    ),
    responses((status = OK, description = "The lines.", body = SeedLogs)),
)]
pub(crate) async fn logs(
    State(state): State<HttpState>,
    target: Target,
    QueryOf(query): QueryOf<SeedLogsQuery>,
) -> Result<Json<SeedLogs>, ApiError> {
    let tail_lines @ 0..=TAIL_MAX = query.tail.unwrap_or(TAIL_DEFAULT) else {
        return Err(ApiError::field("tail", format!("must be 0 to {TAIL_MAX}")));
    };
    let query = LogQuery {
        source: LogSource::Gateway,
        from: None,
        tail_lines,
        follow: false,
        filter: LogFilter::default(),
    };
    let mut lines = Box::pin(state.control().stream_logs(&target.op, &target.reference(), query).await?);
    let mut logs = String::new();
    while let Some(line) = lines.try_next().await? {
        if logs.len() + line.text.len() > BYTES_MAX {
            break;
        }
        logs.push_str(&line.text);
        logs.push('\n');
    }
    Ok(Json(SeedLogs { user_id: target.user, logs }))
}
