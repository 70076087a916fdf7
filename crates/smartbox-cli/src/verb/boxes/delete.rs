//! `smartbox box delete`.

use clap::Args;
use smartbox_api::{BoxView, Launched};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

use super::change::{WaitFlags, settle};
use crate::Outcome;
use crate::args::BoxReference;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table;

/// Longest answer to a question that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 1024;

/// Flags of `box delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Name or id of the box
    #[arg(value_name = "BOX")]
    smartbox: BoxReference,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Deletes a box, after asking on a terminal.
pub(super) async fn run(client: &Client, args: &DeleteArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.as_str();
    let is_asked = console.terminals().stdin && console.terminals().stderr;
    if is_asked && !args.yes {
        let smartbox: BoxView = client.get(Route::v1(&["boxes", reference])).await?;
        if !confirms(console, &smartbox).await? {
            console.say("Nothing was deleted.").await;
            return Ok(Exit::Failed);
        }
    }
    let mut launched: Launched = client.delete(Route::v1(&["boxes", reference])).await?;
    settle(client, console, args.waiting, &mut launched.smartbox, &mut launched.operation).await?;
    let name = &launched.smartbox.name;
    match &launched.smartbox.purge_at {
        Some(at) => {
            let until = table::moment(at);
            let undo = format!("Until then `smartbox box start {name}` brings it back.");
            console.say(&format!("Box `{name}` is deleted. Its data is removed at {until}. {undo}")).await;
        }
        None => console.say(&format!("Box `{name}` is deleted.")).await,
    }
    if console.wants_json() {
        console.json(&launched).await?;
    }
    Ok(Exit::Success)
}

/// Asks whether to delete; anything but yes is no.
async fn confirms(console: &mut Console, smartbox: &BoxView) -> Result<bool, Failure> {
    let phase = &smartbox.phase;
    console.ask(&format!("Delete box `{}` ({phase}) and all its data? [y/N] ", smartbox.name)).await;
    let Some(stdin) = console.take_stdin() else { return Ok(false) };
    let mut answer = String::new();
    let read = BufReader::new(stdin.take(ANSWER_BYTES_MAX)).read_line(&mut answer).await;
    read.map_err(|error| {
        Failure::new(Exit::Failed, "The answer could not be read.").detail(error.to_string())
    })?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
