//! `smartbox box config patch`.

use std::path::PathBuf;

use clap::Args;
use smartbox_api::ConfigChangeView;

use super::super::BoxArgument;
use super::super::change::WaitFlags;
use super::{document, follow};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;

/// Flags of `box config patch`.
#[derive(Debug, Args)]
pub struct PatchArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
    /// A merge patch as a JSON object: `null` removes, lists replace; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Only if it still has this version; `smartbox box config show` tells it
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Changes the owner's part.
pub(super) async fn run(client: &Client, args: &PatchArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let body = document(&args.file, console).await?;
    let path = ["boxes", reference.as_str(), "config"];
    let changed: ConfigChangeView = match args.if_version {
        Some(version) => client.patch_version(Route::v1(&path), &body, version).await?,
        None => client.patch(Route::v1(&path), &body).await?,
    };
    follow(client, args.waiting, changed, console).await
}
