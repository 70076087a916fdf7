//! `smartbox box config reload`.

use clap::Args;
use smartbox_api::ConfigChangeView;

use super::super::BoxArgument;
use super::super::change::WaitFlags;
use super::follow;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;

/// Flags of `box config reload`.
#[derive(Debug, Args)]
pub struct ReloadArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Gives the gateway its configuration again.
pub(super) async fn run(client: &Client, args: &ReloadArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let path = ["boxes", reference.as_str(), "config", "reload"];
    let changed: ConfigChangeView = client.post(Route::v1(&path)).await?;
    follow(client, args.waiting, changed, console).await
}
