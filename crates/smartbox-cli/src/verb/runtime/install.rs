//! `smartbox runtime install`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{InstallRuntime, RuntimeList, RuntimeView};
use tokio::time::{Instant, sleep};

use super::VersionArgument;
use crate::Outcome;
use crate::args::duration;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// How often it is looked at.
const LOOK_PERIOD: Duration = Duration::from_secs(1);

/// Flags of `runtime install`.
#[derive(Debug, Args)]
pub struct InstallArgs {
    #[command(flatten)]
    wanted: VersionArgument,
    /// Ask for it and do not wait for it
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,
    /// Longest time to wait; the platform goes on after it
    #[arg(long, value_name = "TIME", default_value = "20m", value_parser = duration)]
    timeout: Duration,
}

/// Asks for an installation and waits until it is there.
pub(super) async fn run(client: &Client, args: &InstallArgs, console: &mut Console) -> Outcome {
    let version = &args.wanted.version;
    let body = InstallRuntime { version: version.clone() };
    let mut seen: RuntimeView = client.post_with(Route::v1(&["runtimes"]), &body).await?;
    let deadline = Instant::now() + args.timeout;
    while seen.state == "installing" && !args.no_wait {
        if Instant::now() >= deadline {
            let title = format!("OpenClaw {version} needs longer than {} s.", args.timeout.as_secs());
            return Err(Failure::new(Exit::Unavailable, title)
                .detail("The platform goes on.")
                .help("`smartbox runtime list` tells how far it is."));
        }
        sleep(LOOK_PERIOD).await;
        let all: RuntimeList = client.get(Route::v1(&["runtimes"])).await?;
        let found = all.items.into_iter().find(|runtime| runtime.version == *version);
        seen =
            found.ok_or_else(|| Failure::new(Exit::Failed, format!("OpenClaw {version} is gone again.")))?;
    }
    match seen.state.as_str() {
        "installed" => console.say(&format!("OpenClaw {version} is installed.")).await,
        "installing" => console.say(&format!("Asked the platform to install OpenClaw {version}.")).await,
        _ => {
            let failure = Failure::new(Exit::Failed, format!("OpenClaw {version} could not be installed."));
            let why = seen.failure.unwrap_or_else(|| "the platform was restarted in the middle".to_owned());
            return Err(failure
                .detail(why)
                .help("The platform's log tells more; asking again tries it again."));
        }
    }
    if console.wants_json() {
        console.json(&seen).await?;
    }
    Ok(Exit::Success)
}
