//! `POST /v1/boxes/{box}/exec`

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{ExecView, StartExec};
use smartbox_control::{NewCommand, NewExec};

use super::super::BoxReference;
use super::super::exec::{check_size, exec_view};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Begin a command that runs by itself
///
/// Answers at once. Starts the box if need be, and keeps it awake while the command runs. What comes of it is kept for 24 hours
/// after its end, of the last 100 commands of a box. No shell reads its arguments.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/exec",
    tag = "boxes",
    operation_id = "startExec",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours."),
    ),
    request_body = StartExec,
    responses((status = ACCEPTED, description = "It will be started.", body = ExecView)),
)]
pub(crate) async fn start(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<StartExec>,
) -> Result<Response, ApiError> {
    body.tty.map_or(Ok(()), check_size)?;
    let asked = body.clone();
    let (control, caller, target) = (state.control().clone(), op.clone(), reference.clone());
    let work = async move {
        let tty = asked.tty.map(|size| (size.cols, size.rows));
        let new = NewExec {
            command: NewCommand { argv: asked.argv, env: asked.env, cwd: asked.cwd, tty },
            stdin: asked.stdin.unwrap_or_default(),
            timeout: asked.timeout_ms.map(Duration::from_millis),
        };
        let exec = control.start_exec(&caller, &target, new).await?;
        Ok((StatusCode::ACCEPTED, exec_view(&exec, true)))
    };
    once(&state, &op, &headers, "POST /v1/boxes/{box}/exec", None, &(reference, body), work).await
}
