//! `GET /api/super/users/{id}/exec/{exec}/status`

use std::time::Duration;

use axum::extract::{RawPathParams, State};
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{SeedBoxQuery, SeedExecGone, SeedExecStatus};
use smartbox_control::{Error, Exec, ExecEnd};
use smartbox_core::ExecId;

use super::target::Target;
use crate::HttpState;
use crate::body::json;
use crate::problem::ApiError;

/// Look at a command, in the older shape
///
/// Only at one of the user's own box.
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/exec/{exec}/status",
    tag = "seeds",
    operation_id = "seedExecStatus",
    params(
        ("id" = String, Path, description = "A person's id: their default box; or a box's id or name."),
        ("exec" = String, Path, description = "`exe_…`"),
        SeedBoxQuery,
    ),
    responses(
        (status = OK, description = "How it goes.", body = SeedExecStatus),
        (status = NOT_FOUND, description = "Nothing is known of it.", body = SeedExecGone),
    ),
)]
pub(crate) async fn exec_status(
    State(state): State<HttpState>,
    target: Target,
    params: RawPathParams,
) -> Result<Response, ApiError> {
    let id = params
        .iter()
        .find(|(name, _value)| *name == "exec")
        .and_then(|(_name, id)| id.parse::<ExecId>().ok());
    let found = match id {
        Some(id) => state.control().find_exec(&target.op, &target.reference(), id, Duration::ZERO).await,
        None => Err(Error::NotFound("command")),
    };
    match found {
        Ok(exec) => Ok(json(StatusCode::OK, &status_view(&exec))),
        Err(Error::NotFound(_)) => {
            let error = "no such command: what came of one is kept for 24 hours".to_owned();
            Ok(json(StatusCode::NOT_FOUND, &SeedExecGone { found: false, error }))
        }
        Err(error) => Err(error.into()),
    }
}

fn status_view(exec: &Exec) -> SeedExecStatus {
    let end = exec.ended.as_ref().map(|(_at, end)| end);
    let (status, error) = match end {
        None => ("running", None),
        Some(ExecEnd::Exited(_)) => ("completed", None),
        Some(ExecEnd::Lost(why) | ExecEnd::Failed(why)) => ("error", Some(why.clone())),
        Some(ExecEnd::Signalled(signal)) => ("error", Some(format!("ended by the signal {signal}"))),
        Some(ExecEnd::TimedOut) => ("error", Some("killed after its time".to_owned())),
        Some(ExecEnd::Killed) => ("error", Some("killed".to_owned())),
    };
    SeedExecStatus {
        found: true,
        exec_id: exec.id.to_string(),
        status: status.to_owned(),
        exit_code: end.and_then(ExecEnd::code),
        stdout: exec.output.stdout.clone(),
        stderr: exec.output.stderr.clone(),
        error,
        started_at: exec.created_at.to_string(),
        completed_at: exec.ended.as_ref().map(|(at, _end)| at.to_string()),
    }
}
