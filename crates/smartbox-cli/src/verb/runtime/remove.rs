//! `smartbox runtime remove`.

use super::VersionArgument;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Removes a version.
pub(super) async fn run(client: &Client, args: &VersionArgument, console: &mut Console) -> Outcome {
    client.remove(Route::v1(&["runtimes", &args.version])).await?;
    console.say(&format!("OpenClaw {} is removed.", args.version)).await;
    Ok(Exit::Success)
}
