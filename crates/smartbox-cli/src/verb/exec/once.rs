//! `smartbox exec --json`: runs the command to its end and prints one document.

use std::time::Duration;

use smartbox_api::{ExecRequest, ExecResult};

use super::{ExecArgs, environment, exit};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;

/// Time the server gives a command if nothing was said.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
/// What the answer may take longer than the command: the box may have to start first.
const ANSWER_MARGIN: Duration = Duration::from_secs(180);
/// Most standard input that fits into the request, in bytes.
const STDIN_BYTES_MAX: u64 = 1024 * 1024;

/// Runs the command; the document goes to standard output, the exit code is the command's.
pub(super) async fn run(client: &Client, args: ExecArgs, console: &mut Console) -> Outcome {
    let stdin = if args.interactive { Some(console.read_text(STDIN_BYTES_MAX).await?) } else { None };
    let limit = args.timeout.unwrap_or(TIMEOUT_DEFAULT);
    let request = ExecRequest {
        argv: args.argv,
        env: environment(args.env),
        cwd: args.workdir,
        stdin,
        timeout_ms: args.timeout.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
    };
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "exec:sync"];
    let margin = limit.saturating_add(ANSWER_MARGIN);
    let result: ExecResult = client.post_json(Route::v1(&route), &request, margin).await?;
    console.json(&result).await?;
    exit(&result.outcome)
}
