//! `smartbox bulk restart`.

use clap::Args;
use smartbox_api::BulkActionWord;

use super::start::{StartFlags, start};
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Flags of `bulk restart`.
#[derive(Debug, Args)]
pub struct RestartArgs {
    #[command(flatten)]
    flags: StartFlags,
}

/// Restarts many boxes.
pub(super) async fn run(client: &Client, args: RestartArgs, console: &mut Console) -> Outcome {
    let body = args.flags.body(BulkActionWord::Restart);
    start(client, &body, &args.flags, console).await
}
