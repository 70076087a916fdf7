//! `smartbox schedule add`.

use clap::Args;
use smartbox_api::{CreateSchedule, ScheduleView, UpdateSchedule};

use super::next;
use super::plan::PlanFlags;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;

/// Flags of `schedule add`.
#[derive(Debug, Args)]
#[group(id = "schedule_time", required = true, multiple = true, args = ["cron", "at"])]
pub struct AddArgs {
    /// A name for people
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    smartbox: BoxFlag,
    #[command(flatten)]
    plan: PlanFlags,
}

/// Adds a schedule; its id is printed.
pub(super) async fn run(client: &Client, args: AddArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let UpdateSchedule { cron, time_zone, at, wake, message, catch_up, enabled, .. } = args.plan.update();
    let create = CreateSchedule { name: args.name, cron, time_zone, at, wake, message, catch_up, enabled };
    let route = ["boxes", reference.as_str(), "schedules"];
    let made: ScheduleView = client.create(Route::v1(&route), &create).await?;
    console.say(&format!("It is due next at {}.", next(&made))).await;
    if console.wants_json() {
        console.json(&made).await?;
    } else {
        console.text(&format!("{}\n", made.id)).await?;
    }
    Ok(Exit::Success)
}
