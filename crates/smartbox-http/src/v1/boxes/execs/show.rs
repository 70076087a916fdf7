//! `GET /v1/boxes/{box}/exec/{exec}`

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{ExecQuery, ExecView};

use super::super::exec::{exec_id, exec_view};
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::duration;
use crate::problem::ApiError;

/// Look at a command
///
/// How it goes with one that runs by itself, and what it printed so far. With `wait` the answer comes when it has ended, or when
/// the time is over.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/exec/{exec}",
    tag = "boxes",
    operation_id = "showExec",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("exec" = String, Path, description = "Its id."),
        ExecQuery,
    ),
    responses((status = OK, description = "The command as it is now.", body = ExecView)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, id)): Path<(String, String)>,
    QueryOf(query): QueryOf<ExecQuery>,
) -> Result<Json<ExecView>, ApiError> {
    let bad = || ApiError::field("wait", "is a duration such as `30s` or `500ms`");
    let wait = query.wait.as_deref().map(|wait| duration::parse(wait).ok_or_else(bad)).transpose()?;
    let wait = wait.unwrap_or(Duration::ZERO);
    // Who may not see the box is told that, whatever the id looks like.
    let smartbox = state.control().resolve(&op, smartbox_core::Permission::BoxesExec, &reference).await?;
    let (reference, id) = (smartbox.id.to_string(), exec_id(&id)?);
    let stop = state.stop();
    let exec = tokio::select! {
        exec = state.control().find_exec(&op, &reference, id, wait) => exec?,
        () = stop.cancelled() => state.control().find_exec(&op, &reference, id, Duration::ZERO).await?,
    };
    Ok(Json(exec_view(&exec, true)))
}
