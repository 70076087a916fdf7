//! `smartbox box upgrade`.

use clap::Args;
use smartbox_api::{Launched, UpgradeBox};

use super::BoxArgument;
use super::change::{WaitFlags, settle};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::runtime::version;

/// Flags of `box upgrade`.
#[derive(Debug, Args)]
pub struct UpgradeArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
    /// An installed version, see `smartbox runtime list` [default: that of new boxes]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: Option<String>,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Asks for an upgrade and waits until the box is well on the new version, or back.
pub(super) async fn run(client: &Client, args: &UpgradeArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "upgrade"];
    let body = UpgradeBox { to: args.to.clone() };
    let mut launched: Launched = client.post_with(Route::v1(&route), &body).await?;
    let is_done =
        settle(client, console, args.waiting, &mut launched.smartbox, &mut launched.operation).await?;
    if is_done {
        let smartbox = &launched.smartbox;
        let (name, version) = (&smartbox.name, &smartbox.runtime_version);
        console.say(&format!("Box `{name}` is well on OpenClaw {version}.")).await;
    }
    if console.wants_json() {
        console.json(&launched).await?;
    }
    Ok(Exit::Success)
}
