//! `smartbox maintenance …`.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use smartbox_api::{MaintenanceView, SetMaintenance};

use crate::Outcome;
use crate::args::duration;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Commands about maintenance of the platform.
#[derive(Debug, Subcommand)]
pub enum MaintenanceCommand {
    /// Let nothing new start, and put what runs to rest if that is wanted (admins of the platform only)
    Begin(BeginArgs),
    /// Let boxes start again (admins of the platform only)
    End,
    /// Show whether the platform is being maintained, and how many boxes still run
    Show,
}

/// Flags of `maintenance begin`.
#[derive(Debug, Args)]
pub struct BeginArgs {
    /// Why, in words for everybody
    #[arg(value_name = "REASON")]
    reason: String,
    /// What becomes of boxes that run [default: off]
    #[arg(long, value_parser = PossibleValuesParser::new(["off", "sleep", "stop"]))]
    drain: Option<String>,
    /// How long it will take, for those who try meanwhile; it does not end by itself
    #[arg(long, value_name = "TIME", value_parser = duration)]
    lasts: Option<Duration>,
}

const PATH: [&str; 1] = ["maintenance"];

/// Carries out a command about maintenance.
pub(super) async fn run(client: &Client, command: MaintenanceCommand, console: &mut Console) -> Outcome {
    let view: MaintenanceView = match command {
        MaintenanceCommand::Begin(args) => {
            let lasts_secs = args.lasts.and_then(|lasts| u32::try_from(lasts.as_secs()).ok());
            let body = SetMaintenance { reason: args.reason, drain: args.drain, lasts_secs };
            client.put_json(Route::v1(&PATH), &body).await?
        }
        MaintenanceCommand::End => client.delete(Route::v1(&PATH)).await?,
        MaintenanceCommand::Show => client.get(Route::v1(&PATH)).await?,
    };
    if console.wants_json() {
        console.json(&view).await?;
        return Ok(Exit::Success);
    }
    let boxes = format!("{} boxes run or are on their way to rest.", view.boxes_left);
    let told = match (&view.reason, view.active) {
        (Some(reason), true) => format!("The platform is being maintained: {reason}. {boxes}"),
        _ => format!("The platform is not being maintained. {boxes}"),
    };
    console.text(&format!("{told}\n")).await?;
    Ok(Exit::Success)
}
