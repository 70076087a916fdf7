//! `smartbox file copy`.

use std::time::Duration;

use clap::Args;
use smartbox_api::FileView;

use super::Ways;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Longest wait for the answer.
const WITHIN: Duration = Duration::from_mins(10);

/// Flags of `file copy`.
#[derive(Debug, Args)]
pub struct CopyArgs {
    #[command(flatten)]
    ways: Ways,
}

/// Copies something with everything in it.
pub(super) async fn run(client: &Client, args: &CopyArgs, console: &mut Console) -> Outcome {
    let reference = args.ways.smartbox.reference();
    let route = ["boxes", reference.as_str(), "files:copy"];
    let view: FileView = client.post_json(Route::v1(&route), &args.ways.body(), WITHIN).await?;
    if console.wants_json() {
        console.json(&view).await?;
        return Ok(Exit::Success);
    }
    console.say(&format!("{} is copied to {}.", args.ways.from.as_str(), args.ways.to.as_str())).await;
    Ok(Exit::Success)
}
