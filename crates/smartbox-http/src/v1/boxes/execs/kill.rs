//! `DELETE /v1/boxes/{box}/exec/{exec}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::ExecView;

use super::super::exec::{exec_id, exec_view};
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Kill a command
///
/// Waits some seconds for its end. One that has ended stays as it is. What it printed can still be read.
#[utoipa::path(
    delete,
    path = "/v1/boxes/{box}/exec/{exec}",
    tag = "boxes",
    operation_id = "killExec",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("exec" = String, Path, description = "Its id."),
    ),
    responses((status = OK, description = "The command as it is now.", body = ExecView)),
)]
pub(crate) async fn kill(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, id)): Path<(String, String)>,
) -> Result<Json<ExecView>, ApiError> {
    let smartbox = state.control().resolve(&op, smartbox_core::Permission::BoxesExec, &reference).await?;
    let exec = state.control().kill_exec(&op, &smartbox.id.to_string(), exec_id(&id)?).await?;
    Ok(Json(exec_view(&exec, true)))
}
