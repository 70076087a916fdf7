//! `smartbox command show`.

use std::time::Duration;

use clap::Args;
use smartbox_api::ExecView;

use super::{CommandFlag, state};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// How long one request waits for the end of a command; the next one goes on.
const WAIT: &str = "50s";
/// What the answer may take longer.
const WITHIN: Duration = Duration::from_secs(80);

/// Flags of `command show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    command: CommandFlag,
    /// Wait for its end first
    #[arg(long, short = 'w')]
    wait: bool,
}

/// Prints what a command said on the streams where it said it, and then how it goes with it.
pub(super) async fn run(client: &Client, args: &ShowArgs, console: &mut Console) -> Outcome {
    let reference = args.command.smartbox.reference();
    let route = ["boxes", reference.as_str(), "exec", &args.command.command];
    let query: &[(&str, &str)] = if args.wait { &[("wait", WAIT)] } else { &[] };
    let exec = loop {
        let exec: ExecView = client.get_within(Route::v1(&route).query(query), WITHIN).await?;
        if exec.ended_at.is_some() || !args.wait {
            break exec;
        }
    };
    if console.wants_json() {
        console.json(&exec).await?;
        return Ok(Exit::Success);
    }
    console.bytes(exec.stdout.as_deref().unwrap_or_default().as_bytes()).await?;
    console.error_bytes(exec.stderr.as_deref().unwrap_or_default().as_bytes()).await?;
    console.say(&format!("Command `{}`: {}.", exec.id, state(&exec))).await;
    Ok(Exit::Success)
}
