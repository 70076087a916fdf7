//! `POST /v1/boxes/{box}/exec/{exec}/signal`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{ExecSignal, ExecView};

use super::super::exec::{exec_id, exec_view};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Signals that a command can be sent.
const SIGNALS: [&str; 7] = ["INT", "TERM", "KILL", "HUP", "QUIT", "USR1", "USR2"];

/// Send a command a signal
///
/// It reaches the command and its children.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/exec/{exec}/signal",
    tag = "boxes",
    operation_id = "signalExec",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("exec" = String, Path, description = "Its id."),
    ),
    request_body = ExecSignal,
    responses((status = OK, description = "It was sent; what the command makes of it shows later.", body = ExecView)),
)]
pub(crate) async fn signal(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, id)): Path<(String, String)>,
    JsonBody(body): JsonBody<ExecSignal>,
) -> Result<Json<ExecView>, ApiError> {
    let smartbox = state.control().resolve(&op, smartbox_core::Permission::BoxesExec, &reference).await?;
    if !SIGNALS.contains(&body.signal.as_str()) {
        return Err(ApiError::field("signal", format!("is one of {}", SIGNALS.join(", "))));
    }
    let id = exec_id(&id)?;
    let exec = state.control().signal_exec(&op, &smartbox.id.to_string(), id, &body.signal).await?;
    Ok(Json(exec_view(&exec, true)))
}
