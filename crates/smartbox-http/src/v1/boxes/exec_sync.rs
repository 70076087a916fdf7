//! `POST /v1/boxes/{box}/exec:sync`

use std::future::pending;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use smartbox_api::{ExecOutcome, ExecRequest, ExecResult};
use smartbox_control::{CommandInput, CommandKept, CommandOutput, NewCommand, Op};

use super::BoxReference;
use super::exec::outcome;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Time of a command when nobody says how long.
const TIMEOUT_DEFAULT_MS: u64 = 30_000;
/// Longest time of a command; longer ones belong to the stream.
const TIMEOUT_MAX_MS: u64 = 600_000;
/// Most bytes of each stream that are kept: its beginning, and its end, where errors stand.
const OUTPUT_BYTES_MAX: usize = 1024 * 1024;

/// Run a command
///
/// Starts the box if need be, and answers when the command has ended. No shell reads its arguments.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/exec:sync",
    tag = "boxes",
    operation_id = "execSync",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    request_body = ExecRequest,
    responses((status = OK, description = "The command has ended, or was killed after its time.", body = ExecResult)),
)]
pub(crate) async fn exec_sync(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    JsonBody(body): JsonBody<ExecRequest>,
) -> Result<Json<ExecResult>, ApiError> {
    let limit = match body.timeout_ms.unwrap_or(TIMEOUT_DEFAULT_MS) {
        ms @ 1..=TIMEOUT_MAX_MS => Duration::from_millis(ms),
        _ => return Err(ApiError::field("timeout_ms", format!("must be 1 to {TIMEOUT_MAX_MS}"))),
    };
    let command = NewCommand { argv: body.argv, env: body.env, cwd: body.cwd, tty: None };
    let stdin = body.stdin.unwrap_or_default();
    let ended = run_to_the_end(&state, &op, &reference, &command, (stdin, limit)).await?;
    let Ended { outcome, stdout, stderr, truncated } = ended;
    Ok(Json(ExecResult { outcome, stdout, stderr, truncated }))
}

/// How a command ended, and what it printed.
pub(crate) struct Ended {
    pub(crate) outcome: ExecOutcome,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) truncated: bool,
}

/// Runs a command and waits for its end; after `limit` it is killed.
pub(crate) async fn run_to_the_end(
    state: &HttpState,
    op: &Op,
    reference: &str,
    command: &NewCommand,
    (stdin, limit): (String, Duration),
) -> Result<Ended, ApiError> {
    let (input, mut output) = state.control().start_command(op, reference, command).await?.split();
    let mut kept = CommandKept::new(OUTPUT_BYTES_MAX);
    let stop = state.stop();
    // Leaving the scope drops both halves, and with them the command.
    let outcome = tokio::select! {
        outcome = collect(&mut output, &mut kept) => outcome,
        () = feed(input, stdin) => ExecOutcome::Lost,
        () = tokio::time::sleep(limit) => ExecOutcome::TimedOut,
        () = stop.cancelled() => ExecOutcome::Lost,
    };
    let (truncated, output) = (kept.is_truncated(), kept.output());
    Ok(Ended { outcome, stdout: output.stdout, stderr: output.stderr, truncated })
}

/// Gives the command its input, then stays, because the command ends with its halves.
async fn feed(input: CommandInput, text: String) {
    // A command need not read its input; what it does not take is dropped, as in a pipe.
    if input.write(text.as_bytes()).await.is_ok() {
        let _ = input.close().await;
    }
    pending().await
}

async fn collect(output: &mut CommandOutput, kept: &mut CommandKept) -> ExecOutcome {
    while let Some(event) = output.next().await {
        kept.push(&event);
        if let Some(outcome) = outcome(&event) {
            return outcome;
        }
    }
    ExecOutcome::Lost
}
