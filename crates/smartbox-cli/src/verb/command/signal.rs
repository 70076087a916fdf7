//! `smartbox command signal`.

use clap::Args;
use smartbox_api::{ExecSignal, ExecView};

use super::CommandFlag;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `command signal`.
#[derive(Debug, Args)]
pub struct SignalArgs {
    #[command(flatten)]
    command: CommandFlag,
    /// INT, TERM, KILL, HUP, QUIT, USR1 or USR2
    #[arg(long, short, value_name = "NAME", default_value = "TERM")]
    signal: String,
}

/// Sends a command a signal; what it makes of it shows later.
pub(super) async fn run(client: &Client, args: &SignalArgs, console: &mut Console) -> Outcome {
    let reference = args.command.smartbox.reference();
    let route = ["boxes", reference.as_str(), "exec", &args.command.command, "signal"];
    let name = args.signal.to_uppercase();
    let body = ExecSignal { signal: name.strip_prefix("SIG").unwrap_or(&name).to_owned() };
    let exec: ExecView = client.post_with(Route::v1(&route), &body).await?;
    if console.wants_json() {
        console.json(&exec).await?;
        return Ok(Exit::Success);
    }
    console.say(&format!("Command `{}` was sent SIG{}.", exec.id, body.signal)).await;
    Ok(Exit::Success)
}
