//! `smartbox route set` and `rollback`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{RouteView, UpdateRoute};

use super::RouteArgument;
use crate::Outcome;
use crate::args::duration;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `route set`.
#[derive(Debug, Args)]
#[group(
    id = "route_changes",
    required = true,
    multiple = true,
    args = ["primary", "candidate", "percentage", "rollback_at", "min_requests", "window"]
)]
pub struct SetArgs {
    #[command(flatten)]
    route: RouteArgument,
    /// Where callers are who have not moved: `self` (this platform), http://HOST:PORT or https://HOST
    #[arg(long, value_name = "UPSTREAM")]
    primary: Option<String>,
    /// Where they move to
    #[arg(long, value_name = "UPSTREAM")]
    candidate: Option<String>,
    /// How many of a hundred callers move
    #[arg(long, value_name = "0-100", value_parser = clap::value_parser!(u32).range(0..=100))]
    percentage: Option<u32>,
    /// Give the candidate up when so many of a hundred requests failed; 0 means never
    #[arg(long, value_name = "0-100", value_parser = clap::value_parser!(u32).range(0..=100))]
    rollback_at: Option<u32>,
    /// Fewer requests decide nothing
    #[arg(long, value_name = "N")]
    min_requests: Option<u32>,
    /// Count requests of so long, such as `60s`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    window: Option<Duration>,
}

/// Changes a route.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let window_secs = args.window.map(|time| u32::try_from(time.as_secs()).unwrap_or(u32::MAX));
    let update = UpdateRoute {
        primary: args.primary,
        candidate: args.candidate,
        percentage: args.percentage,
        rollback_at: args.rollback_at,
        min_requests: args.min_requests,
        window_secs,
    };
    change(client, &args.route.route, &update, console).await
}

/// Sends everybody back to the primary.
pub(super) async fn rollback(client: &Client, name: &str, console: &mut Console) -> Outcome {
    let update = UpdateRoute { percentage: Some(0), ..UpdateRoute::default() };
    change(client, name, &update, console).await
}

async fn change(client: &Client, name: &str, update: &UpdateRoute, console: &mut Console) -> Outcome {
    let route: RouteView = client.patch(Route::v1(&["routes", name]), update).await?;
    let RouteView { name, primary, candidate, percentage, .. } = &route;
    let told = match percentage {
        0 => format!("`{name}` leads to {primary} for everybody."),
        100 => format!("`{name}` leads to {candidate} for everybody."),
        _ => format!(
            "`{name}` leads to {candidate} for {percentage} % of the callers, to {primary} for the others."
        ),
    };
    console.say(&told).await;
    if console.wants_json() {
        console.json(&route).await?;
    }
    Ok(Exit::Success)
}
