//! `smartbox box start`, `stop`, `restart`, `sleep`, `wake` and `archive`, and what every change of a box shares.

use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use smartbox_api::{BoxView, Launched, OperationView, SleepBox};
use smartbox_core::SleepTier;

use super::BoxArgument;
use crate::Outcome;
use crate::args::duration;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::operation;

/// Flags of start, stop, restart, wake and archive.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Flags of sleep.
#[derive(Debug, Args)]
pub struct SleepArgs {
    #[command(flatten)]
    change: ChangeArgs,
    /// How far down: processes kept; their memory pushed out, too; disk only
    #[arg(long, value_parser = PossibleValuesParser::new(SleepTier::ALL.map(SleepTier::as_str)), default_value = "frozen")]
    tier: String,
}

/// Whether and how long to wait.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct WaitFlags {
    /// Ask for the change and do not wait for it
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,
    /// Longest time to wait; the platform goes on after it
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    timeout: Duration,
}

/// A change of what is wanted of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Start,
    Stop,
    Restart,
    Sleep,
    Wake,
    Archive,
}

impl Change {
    /// The last segment of the route.
    const fn action(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Sleep => "sleep",
            Self::Wake => "wake",
            Self::Archive => "archive",
        }
    }

    /// What the box does once it is done.
    const fn done(self) -> &'static str {
        match self {
            Self::Start => "runs",
            Self::Stop => "has stopped",
            Self::Restart => "runs again",
            Self::Sleep => "sleeps",
            Self::Wake => "is awake",
            Self::Archive => "is archived, and its disk is freed",
        }
    }
}

/// Asks for the change and waits for it.
pub(super) async fn run(
    client: &Client,
    change: Change,
    args: &ChangeArgs,
    console: &mut Console,
) -> Outcome {
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), change.action()];
    let launched: Launched = client.post(Route::v1(&route)).await?;
    follow(client, change, args, launched, console).await
}

/// Asks for a sleep and waits for it.
pub(super) async fn sleep(client: &Client, args: &SleepArgs, console: &mut Console) -> Outcome {
    let reference = args.change.smartbox.reference();
    let route = ["boxes", reference.as_str(), Change::Sleep.action()];
    let body = SleepBox { tier: Some(args.tier.clone()) };
    let launched: Launched = client.post_with(Route::v1(&route), &body).await?;
    follow(client, Change::Sleep, &args.change, launched, console).await
}

async fn follow(
    client: &Client,
    change: Change,
    args: &ChangeArgs,
    mut launched: Launched,
    console: &mut Console,
) -> Outcome {
    let is_done =
        settle(client, console, args.waiting, &mut launched.smartbox, &mut launched.operation).await?;
    if is_done {
        console.say(&format!("Box `{}` {}.", launched.smartbox.name, change.done())).await;
    }
    if console.wants_json() {
        console.json(&launched).await?;
    }
    Ok(Exit::Success)
}

/// Waits for an operation unless that is unwanted, and brings both views up to date. Answers whether it is done.
pub(crate) async fn settle(
    client: &Client,
    console: &mut Console,
    waiting: WaitFlags,
    smartbox: &mut BoxView,
    operation: &mut OperationView,
) -> Result<bool, Failure> {
    if waiting.no_wait {
        let (name, kind) = (&smartbox.name, &operation.kind);
        let look = format!("`smartbox box show {name}` tells how far it is.");
        console.say(&format!("Asked the platform to {kind} `{name}`. {look}")).await;
        return Ok(operation.state == "succeeded");
    }
    *operation = operation::wait(client, console, smartbox, operation, waiting.timeout).await?;
    match client.get(Route::v1(&["boxes", &smartbox.id])).await {
        Ok(now) => *smartbox = now,
        // A box whose deletion is complete is gone; the last view of it is the best there is.
        Err(failure) if failure.exit() == Exit::NotFound => {}
        Err(failure) => return Err(failure),
    }
    Ok(true)
}
