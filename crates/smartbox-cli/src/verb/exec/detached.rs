//! `smartbox exec --detach`: begins the command, prints its id and leaves it.

use smartbox_api::{ExecView, StartExec};

use super::{ExecArgs, environment};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::terminal;

/// Most standard input that fits into the request, in bytes.
const STDIN_BYTES_MAX: u64 = 1024 * 1024;

/// Begins the command. Its id goes to standard output.
pub(super) async fn run(client: &Client, args: ExecArgs, console: &mut Console) -> Outcome {
    let stdin = if args.interactive { Some(console.read_text(STDIN_BYTES_MAX).await?) } else { None };
    let request = StartExec {
        argv: args.argv,
        env: environment(args.env),
        cwd: args.workdir,
        stdin,
        tty: args.tty.then(terminal::size),
        timeout_ms: args.timeout.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
    };
    let reference = args.smartbox.reference();
    let exec: ExecView = client.create(Route::v1(&["boxes", reference.as_str(), "exec"]), &request).await?;
    if console.wants_json() {
        console.json(&exec).await?;
        return Ok(Exit::Success);
    }
    console.text(&format!("{}\n", exec.id)).await?;
    console.say(&format!("It runs by itself: `smartbox command show {}` tells how it goes.", exec.id)).await;
    Ok(Exit::Success)
}
