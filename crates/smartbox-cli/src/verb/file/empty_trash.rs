//! `smartbox file empty-trash`.

use std::time::Duration;

use clap::Args;
use smartbox_api::TrashEmptied;

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;

/// Longest wait for the answer.
const WITHIN: Duration = Duration::from_mins(2);

/// Flags of `file empty-trash`.
#[derive(Debug, Args)]
pub struct EmptyTrashArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Removes everything in the trash of a box for good.
pub(super) async fn run(client: &Client, args: &EmptyTrashArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "files:empty-trash"];
    let emptied: TrashEmptied = client.post_within(Route::v1(&route), WITHIN).await?;
    if console.wants_json() {
        console.json(&emptied).await?;
        return Ok(Exit::Success);
    }
    console.say(&format!("The trash is empty; {} removed.", emptied.removed)).await;
    Ok(Exit::Success)
}
