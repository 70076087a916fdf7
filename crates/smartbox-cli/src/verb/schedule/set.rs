//! `smartbox schedule set`.

use clap::Args;
use smartbox_api::{ScheduleView, UpdateSchedule};

use super::plan::PlanFlags;
use super::{next, schedule_id};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::verb::BoxFlag;

/// Flags of `schedule set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Id of the schedule (`sch_…`)
    #[arg(value_name = "SCHEDULE", value_parser = schedule_id)]
    schedule: String,
    #[command(flatten)]
    smartbox: BoxFlag,
    /// A name for people
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    plan: PlanFlags,
    /// Let it rest, or do what it does again
    #[arg(long, value_parser = ["on", "off"])]
    state: Option<String>,
}

/// Changes a schedule.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let enabled = args.state.map(|state| state == "on");
    let update = UpdateSchedule { name: args.name, enabled, ..args.plan.update() };
    if update == UpdateSchedule::default() {
        return Err(Failure::new(Exit::Usage, "Nothing was named to change.")
            .help("`smartbox schedule set --help` lists what can be changed."));
    }
    let route = ["boxes", reference.as_str(), "schedules", &args.schedule];
    let changed: ScheduleView = client.patch(Route::v1(&route), &update).await?;
    console.say(&format!("Schedule `{}` is changed. Due next: {}.", changed.name, next(&changed))).await;
    if console.wants_json() {
        console.json(&changed).await?;
    }
    Ok(Exit::Success)
}
