//! `POST /api/super/users/{id}/exec-sync`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use smartbox_api::{ExecOutcome, SeedBoxQuery, SeedExec, SeedExecResult};

use super::exec::command;
use super::target::Target;
use crate::HttpState;
use crate::body::JsonBody;
use crate::problem::ApiError;
use crate::v1::boxes::run_to_the_end;

/// Time of a command when nobody says how long.
const TIMEOUT_DEFAULT_MS: u64 = 15_000;
/// Longest time of a command; longer ones are begun and looked at.
const TIMEOUT_MAX_MS: u64 = 20_000;
/// The exit code of `timeout(1)`.
const TIMED_OUT: i32 = 124;

/// Run a command, in the older shape
///
/// Answers when it has ended, or was killed after its time: 15 seconds by default, 20 at most.
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/exec-sync",
    tag = "seeds",
    operation_id = "seedExecSync",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    request_body = SeedExec,
    responses((status = OK, description = "The command has ended.", body = SeedExecResult)),
)]
pub(crate) async fn exec_sync(
    State(state): State<HttpState>,
    target: Target,
    JsonBody(body): JsonBody<SeedExec>,
) -> Result<Json<SeedExecResult>, ApiError> {
    let limit = match body.timeout.unwrap_or(TIMEOUT_DEFAULT_MS) {
        ms @ 1.. => Duration::from_millis(ms.min(TIMEOUT_MAX_MS)),
        0 => return Err(ApiError::field("timeout", "must be at least 1")),
    };
    let (reference, command) = (target.reference(), command(body));
    let ended = run_to_the_end(&state, &target.op, &reference, &command, (String::new(), limit)).await?;
    let exit_code = match ended.outcome {
        ExecOutcome::Exited { code } => Some(code),
        ExecOutcome::TimedOut => Some(TIMED_OUT),
        ExecOutcome::Signalled { .. } | ExecOutcome::Lost => None,
    };
    Ok(Json(SeedExecResult {
        stdout: ended.stdout,
        stderr: ended.stderr,
        exit_code,
        truncated: ended.truncated,
    }))
}
