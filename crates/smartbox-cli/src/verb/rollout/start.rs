//! `smartbox rollout start`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{CreateRollout, RolloutView};
use tokio::time::{Instant, sleep};

use super::boxes;
use crate::Outcome;
use crate::args::{BoxReference, duration};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::verb::runtime::version;

/// How often it is looked at.
const LOOK_PERIOD: Duration = Duration::from_secs(2);

/// Flags of `rollout start`.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// Names or ids of boxes
    #[arg(value_name = "BOX", required_unless_present = "all", conflicts_with = "all")]
    boxes: Vec<BoxReference>,
    /// Every box of the org; every box of the platform for its admin, without --org
    #[arg(long)]
    all: bool,
    /// Only boxes on this version
    #[arg(long, value_name = "VERSION", value_parser = version)]
    from: Option<String>,
    /// An installed version, see `smartbox runtime list` [default: that of new boxes]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: Option<String>,
    /// Boxes at the same time [default: 1]
    #[arg(long, value_name = "N")]
    wave: Option<u32>,
    /// Begin no further wave when so many have failed [default: 1]
    #[arg(long, value_name = "N")]
    stop_after: Option<u32>,
    /// The org, by id or name (admins of the platform only)
    #[arg(long)]
    org: Option<String>,
    /// Ask for it and do not wait for it
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,
    /// Longest time to wait; the platform goes on after it
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = duration)]
    timeout: Duration,
}

/// Asks for a rollout, and waits until it is over. Its id goes to standard output.
pub(super) async fn run(client: &Client, args: StartArgs, console: &mut Console) -> Outcome {
    let body = CreateRollout {
        boxes: args.boxes.iter().map(|reference| reference.as_str().to_owned()).collect(),
        from: args.from,
        to: args.to,
        wave: args.wave,
        stop_after: args.stop_after,
        org: args.org,
    };
    let mut rollout: RolloutView = client.post_with(Route::v1(&["upgrades"]), &body).await?;
    let id = rollout.id.clone();
    if !console.wants_json() {
        console.text(&format!("{id}\n")).await?;
    }
    let deadline = Instant::now() + args.timeout;
    while rollout.state == "running" && !args.no_wait {
        if Instant::now() >= deadline {
            let title = format!("The rollout needs longer than {} s.", args.timeout.as_secs());
            return Err(Failure::new(Exit::Unavailable, title)
                .detail("The platform goes on.")
                .help(format!("`smartbox rollout show {id}` tells how far it is.")));
        }
        sleep(LOOK_PERIOD).await;
        rollout = client.get(Route::v1(&["upgrades", &id])).await?;
    }
    if console.wants_json() {
        console.json(&rollout).await?;
    } else if rollout.state != "running" {
        console.text(&boxes(&rollout)).await?;
    }
    let has_failed = rollout.boxes.iter().any(|one| one.state == "failed");
    Ok(if has_failed || rollout.state == "stopped" { Exit::Failed } else { Exit::Success })
}
