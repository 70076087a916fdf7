//! `POST /api/super/users/{id}/exec`

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{SeedBoxQuery, SeedCommand, SeedExec, SeedExecStarted};
use smartbox_control::{NewCommand, NewExec};

use super::target::Target;
use crate::HttpState;
use crate::body::JsonBody;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Time of a command when nobody says how long.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
/// The shell of the box, which reads a line as it is: nothing is put into the line, and no shell of the platform sees it.
const SHELL: [&str; 2] = ["sh", "-lc"];

/// Begin a command, in the older shape
///
/// Answers at once. What comes of it is kept for 24 hours after its end, of the last 100 commands of a box.
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/exec",
    tag = "seeds",
    operation_id = "seedExec",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    request_body = SeedExec,
    responses((status = ACCEPTED, description = "It will be started.", body = SeedExecStarted)),
)]
pub(crate) async fn exec(
    State(state): State<HttpState>,
    target: Target,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SeedExec>,
) -> Result<Response, ApiError> {
    let (control, op, reference) = (state.control().clone(), target.op.clone(), target.reference());
    let (asked, user, same) = (body.clone(), target.user.clone(), reference.clone());
    let work = async move {
        let timeout = asked.timeout.map_or(TIMEOUT_DEFAULT, Duration::from_millis);
        let new = NewExec { command: command(asked), stdin: String::new(), timeout: Some(timeout) };
        let exec = control.start_exec(&op, &reference, new).await?;
        let poll_url = format!("/api/super/users/{user}/exec/{}/status?box={reference}", exec.id);
        Ok((
            StatusCode::ACCEPTED,
            SeedExecStarted { exec_id: exec.id.to_string(), status: "running".to_owned(), poll_url },
        ))
    };
    once(&state, &target.op, &headers, "POST /api/super/users/{id}/exec", None, &(same, body), work).await
}

pub(super) fn command(asked: SeedExec) -> NewCommand {
    let argv = match asked.command {
        SeedCommand::Argv(argv) => argv,
        SeedCommand::Line(line) => SHELL.iter().map(|word| (*word).to_owned()).chain([line]).collect(),
    };
    NewCommand { argv, env: asked.env, cwd: asked.working_dir, tty: None }
}
