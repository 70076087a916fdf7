//! `smartbox bulk patch-config`.

use std::path::PathBuf;

use clap::Args;
use smartbox_api::BulkActionWord;

use super::start::{StartFlags, start};
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::verb::boxes::document;

/// Flags of `bulk patch-config`.
#[derive(Debug, Args)]
pub struct PatchArgs {
    #[command(flatten)]
    flags: StartFlags,
    /// A merge patch as a JSON object: `null` removes, lists replace; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

/// Patches the configurations of many boxes.
pub(super) async fn run(client: &Client, args: PatchArgs, console: &mut Console) -> Outcome {
    let patch = document(&args.file, console).await?;
    let body =
        smartbox_api::CreateBulkRun { patch: Some(patch), ..args.flags.body(BulkActionWord::PatchConfig) };
    start(client, &body, &args.flags, console).await
}
