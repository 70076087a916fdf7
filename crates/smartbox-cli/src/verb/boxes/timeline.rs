//! `smartbox box timeline`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{EventList, EventView};
use smartbox_core::explain::span;

use super::BoxArgument;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Flags of `box timeline`.
#[derive(Debug, Args)]
pub struct TimelineArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
    /// How many of the latest events to show
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
}

/// Shows the latest events of a box, the newest last; with `--json` as the API gives them, the newest first.
pub(super) async fn run(client: &Client, args: &TimelineArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let limit = args.limit.to_string();
    let segments = ["boxes", reference.as_str(), "timeline"];
    let events: EventList = client.get(Route::v1(&segments).query(&[("limit", &limit)])).await?;
    if console.wants_json() {
        console.json(&events).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 4]> = events.items.iter().rev().map(row).collect();
    console.text(&table::columns(["WHEN", "WHAT", "WHO", "WHY"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(event: &EventView) -> [String; 4] {
    let reason = format!("{}{}", event.reason, figures(event));
    [table::moment(&event.at), event.action.clone(), event.actor.clone(), reason]
}

/// What a wake took and the sleep before it, behind its reason.
fn figures(event: &EventView) -> String {
    let shown = |name: &str| event.detail[name].as_u64().map(|ms| span(Duration::from_millis(ms)));
    match (shown("took_ms"), shown("slept_ms")) {
        (Some(took), Some(slept)) => format!(" (took {took}, slept {slept})"),
        (Some(took), None) => format!(" (took {took})"),
        (None, Some(slept)) => format!(" (slept {slept})"),
        (None, None) => String::new(),
    }
}
