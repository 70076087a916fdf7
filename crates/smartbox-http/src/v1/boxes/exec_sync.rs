//! `POST /v1/boxes/{box}/exec:sync`

use std::future::pending;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use smartbox_api::{ExecOutcome, ExecRequest, ExecResult};
use smartbox_control::{CommandEvent, CommandInput, CommandOutput, NewCommand};

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
/// Most bytes of each stream that are kept: the last ones, where errors stand.
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
    let (input, mut output) = state.control().start_command(&op, &reference, &command).await?.split();
    let mut kept = Kept::default();
    let stop = state.stop();
    // Leaving the scope drops both halves, and with them the command.
    let ended = tokio::select! {
        outcome = collect(&mut output, &mut kept) => outcome,
        () = feed(input, body.stdin.unwrap_or_default()) => ExecOutcome::Lost,
        () = tokio::time::sleep(limit) => ExecOutcome::TimedOut,
        () = stop.cancelled() => ExecOutcome::Lost,
    };
    Ok(Json(kept.result(ended)))
}

/// Gives the command its input, then stays, because the command ends with its halves.
async fn feed(mut input: CommandInput, text: String) {
    // A command need not read its input; what it does not take is dropped, as in a pipe.
    if input.write(text.as_bytes()).await.is_ok() {
        let _ = input.close().await;
    }
    pending().await
}

async fn collect(output: &mut CommandOutput, kept: &mut Kept) -> ExecOutcome {
    while let Some(event) = output.next().await {
        match &event {
            CommandEvent::Stdout(bytes) => kept.stdout.push(bytes),
            CommandEvent::Stderr(bytes) => kept.stderr.push(bytes),
            CommandEvent::Exited(_) | CommandEvent::Signalled(_) => {}
        }
        if let Some(outcome) = outcome(&event) {
            return outcome;
        }
    }
    ExecOutcome::Lost
}

#[derive(Default)]
struct Kept {
    stdout: Tail,
    stderr: Tail,
}

impl Kept {
    fn result(self, outcome: ExecOutcome) -> ExecResult {
        let truncated = self.stdout.is_cut || self.stderr.is_cut;
        ExecResult { outcome, stdout: self.stdout.text(), stderr: self.stderr.text(), truncated }
    }
}

/// The last bytes of a stream.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        // Cutting at twice the bound makes each byte move once at most.
        if self.bytes.len() > 2 * OUTPUT_BYTES_MAX {
            self.cut();
        }
        self.is_cut |= self.bytes.len() > OUTPUT_BYTES_MAX;
    }

    fn cut(&mut self) {
        let surplus = self.bytes.len().saturating_sub(OUTPUT_BYTES_MAX);
        self.bytes.drain(..surplus);
    }

    fn text(mut self) -> String {
        self.cut();
        let text = self.bytes.as_slice();
        // A cut in the middle of a character leaves up to three bytes of it.
        let is_inside = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
        let skip = if self.is_cut { text.iter().take(3).take_while(is_inside).count() } else { 0 };
        String::from_utf8_lossy(text.get(skip..).unwrap_or_default()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pieces: &[&[u8]]) -> (String, bool) {
        let mut tail = Tail::default();
        pieces.iter().for_each(|piece| tail.push(piece));
        let is_cut = tail.is_cut;
        (tail.text(), is_cut)
    }

    #[test]
    fn short_output_is_kept_whole() {
        assert_eq!(kept(&[b"a", b"b\xff"]), ("ab\u{fffd}".to_owned(), false));
        assert_eq!(kept(&[&[b'x'; OUTPUT_BYTES_MAX]]), ("x".repeat(OUTPUT_BYTES_MAX), false));
    }

    #[test]
    fn the_end_of_long_output_is_kept() {
        for (count, size) in [(5, OUTPUT_BYTES_MAX), (40_000, 100), (1, 3 * OUTPUT_BYTES_MAX)] {
            let piece = vec![b'x'; size];
            let mut pieces = vec![piece.as_slice(); count];
            pieces.push(b"the end");
            let (text, is_cut) = kept(&pieces);
            assert!(
                is_cut && text.ends_with("xthe end") && text.len() == OUTPUT_BYTES_MAX,
                "{count} of {size}"
            );
        }
    }

    #[test]
    fn a_cut_leaves_no_half_character() {
        let long = "ü".repeat(OUTPUT_BYTES_MAX);
        let (text, is_cut) = kept(&[long.as_bytes(), b"x"]);
        assert!(is_cut && text.starts_with('ü') && text.ends_with("üx"));
    }
}
