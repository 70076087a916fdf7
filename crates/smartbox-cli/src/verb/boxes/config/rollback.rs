//! `smartbox box config rollback`.

use clap::Args;
use smartbox_api::{ConfigChangeView, RollBackConfig};

use super::super::BoxArgument;
use super::super::change::WaitFlags;
use super::follow;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;

/// Flags of `box config rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
    /// One that `smartbox box config history` lists; 0 takes away all that you added
    #[arg(long = "to", value_name = "VERSION")]
    version: i64,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Goes back to an earlier version.
pub(super) async fn run(client: &Client, args: &RollbackArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let path = ["boxes", reference.as_str(), "config", "rollback"];
    let body = RollBackConfig { version: args.version };
    let changed: ConfigChangeView = client.post_with(Route::v1(&path), &body).await?;
    follow(client, args.waiting, changed, console).await
}
