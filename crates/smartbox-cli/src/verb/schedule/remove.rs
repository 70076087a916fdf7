//! `smartbox schedule remove`.

use clap::Args;

use super::schedule_id;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;

/// Flags of `schedule remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Id of the schedule (`sch_…`)
    #[arg(value_name = "SCHEDULE", value_parser = schedule_id)]
    schedule: String,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Removes a schedule.
pub(super) async fn run(client: &Client, args: &RemoveArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    client.remove(Route::v1(&["boxes", reference.as_str(), "schedules", &args.schedule])).await?;
    console.say("The schedule is gone.").await;
    Ok(Exit::Success)
}
