//! `smartbox command kill`.

use clap::Args;
use smartbox_api::ExecView;

use super::{CommandFlag, state};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `command kill`.
#[derive(Debug, Args)]
pub struct KillArgs {
    #[command(flatten)]
    command: CommandFlag,
}

/// Kills a command. One that has ended stays as it is.
pub(super) async fn run(client: &Client, args: &KillArgs, console: &mut Console) -> Outcome {
    let reference = args.command.smartbox.reference();
    let route = ["boxes", reference.as_str(), "exec", &args.command.command];
    let exec: ExecView = client.delete(Route::v1(&route)).await?;
    if console.wants_json() {
        console.json(&exec).await?;
        return Ok(Exit::Success);
    }
    console.say(&format!("Command `{}`: {}.", exec.id, state(&exec))).await;
    Ok(Exit::Success)
}
