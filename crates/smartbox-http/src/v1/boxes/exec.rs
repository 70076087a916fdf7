//! What the ways to run a command share.

use std::time::Duration;

use smartbox_api::{ExecOutcome, ExecView, TtySize};
use smartbox_control::{CommandEvent, Exec, ExecEnd};
use smartbox_core::ExecId;

use crate::problem::ApiError;

/// Largest terminal, in columns or rows; the kernel keeps both in 16 bits, programs allocate their product.
const TTY_SIZE_MAX: u16 = 2000;
/// How long what came of a command is kept. Said, not decided here.
const EXEC_TTL: Duration = smartbox_control::EXEC_TTL;

/// How the command ended, if that is what the event says.
pub(super) fn outcome(event: &CommandEvent) -> Option<ExecOutcome> {
    match event {
        CommandEvent::Exited(code) => Some(ExecOutcome::Exited { code: *code }),
        CommandEvent::Signalled(signal) => Some(ExecOutcome::Signalled { signal: signal.clone() }),
        CommandEvent::Stdout(_) | CommandEvent::Stderr(_) => None,
    }
}

/// Refuses a terminal that is too small or too large.
pub(super) fn check_size(size: TtySize) -> Result<(), ApiError> {
    let fits = |count: u16| (1..=TTY_SIZE_MAX).contains(&count);
    if fits(size.cols) && fits(size.rows) {
        return Ok(());
    }
    Err(ApiError::field("tty", format!("must have 1 to {TTY_SIZE_MAX} columns and rows")))
}

/// The `{exec}` of a path. Text that is no id is the name of no command.
pub(super) fn exec_id(text: &str) -> Result<ExecId, ApiError> {
    text.parse().map_err(|_error| smartbox_control::Error::NotFound("command").into())
}

/// A command as the API shows it, with what it printed or without.
pub(crate) fn exec_view(exec: &Exec, has_output: bool) -> ExecView {
    let end = exec.ended.as_ref().map(|(_at, end)| end);
    let output = &exec.output;
    let signal = match end {
        Some(ExecEnd::Signalled(signal)) => Some(signal.clone()),
        _ => None,
    };
    let why = match end {
        Some(ExecEnd::Lost(why) | ExecEnd::Failed(why)) => Some(why.clone()),
        _ => None,
    };
    ExecView {
        id: exec.id.to_string(),
        box_id: exec.box_id.to_string(),
        argv: exec.argv.clone(),
        tty: exec.has_tty,
        state: match (end, exec.started_at) {
            (Some(end), _) => end.as_str(),
            (None, Some(_)) => "running",
            (None, None) => "waiting",
        }
        .to_owned(),
        code: end.and_then(ExecEnd::code),
        signal,
        why,
        asked_by: exec.asked_by.clone(),
        timeout_ms: u64::try_from(exec.timeout.as_millis()).unwrap_or(u64::MAX),
        created_at: exec.created_at.to_string(),
        started_at: exec.started_at.map(|at| at.to_string()),
        ended_at: exec.ended.as_ref().map(|(at, _end)| at.to_string()),
        expires_at: exec
            .ended
            .as_ref()
            .and_then(|(at, _end)| at.checked_add(EXEC_TTL).ok())
            .map(|at| at.to_string()),
        stdout: has_output.then(|| output.stdout.clone()),
        stderr: has_output.then(|| output.stderr.clone()),
        stdout_bytes: output.stdout_bytes,
        stderr_bytes: output.stderr_bytes,
        truncated: exec.is_truncated(),
    }
}
