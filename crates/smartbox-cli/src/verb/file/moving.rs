//! `smartbox file move`.

use std::time::Duration;

use clap::Args;
use smartbox_api::FileView;

use super::Ways;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Longest wait for the answer.
const WITHIN: Duration = Duration::from_mins(1);

/// Flags of `file move`.
#[derive(Debug, Args)]
pub struct MoveArgs {
    #[command(flatten)]
    ways: Ways,
}

/// Moves something.
pub(super) async fn run(client: &Client, args: &MoveArgs, console: &mut Console) -> Outcome {
    let reference = args.ways.smartbox.reference();
    let route = ["boxes", reference.as_str(), "files:move"];
    let view: FileView = client.post_json(Route::v1(&route), &args.ways.body(), WITHIN).await?;
    if console.wants_json() {
        console.json(&view).await?;
        return Ok(Exit::Success);
    }
    console.say(&format!("{} is {} now.", args.ways.from.as_str(), args.ways.to.as_str())).await;
    Ok(Exit::Success)
}
