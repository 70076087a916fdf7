//! `smartbox box delete`.

use clap::Args;
use smartbox_api::{BoxView, Launched};

use super::change::{WaitFlags, settle};
use crate::Outcome;
use crate::args::BoxReference;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

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
    if console.can_ask() && !args.yes {
        let smartbox: BoxView = client.get(Route::v1(&["boxes", reference])).await?;
        let (name, phase) = (&smartbox.name, &smartbox.phase);
        if !console.confirms(&format!("Delete box `{name}` ({phase}) and all its data?")).await? {
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
