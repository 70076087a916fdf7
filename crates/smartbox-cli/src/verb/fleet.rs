//! `smartbox fleet`.

use std::borrow::Cow;

use clap::Args;
use smartbox_api::{FleetBoxView, FleetSummaryView};

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Flags of `fleet`.
#[derive(Debug, Args)]
pub struct FleetArgs {
    /// Only boxes with these labels: `stage=test,team in (red,blue),!old`
    #[arg(long, value_name = "SELECTOR")]
    label: Option<String>,
    /// The org, by id or name (admins of the platform only) [default: all of them]
    #[arg(long)]
    org: Option<String>,
    /// Ask the gateways at this moment
    #[arg(long)]
    live: bool,
}

/// Shows the fleet in numbers, and its first boxes.
pub(super) async fn run(client: &Client, args: &FleetArgs, console: &mut Console) -> Outcome {
    let live = args.live.then_some("true");
    let asked = [("label", args.label.as_deref()), ("org", args.org.as_deref()), ("live", live)];
    let query: Vec<_> = asked.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let fleet: FleetSummaryView = client.get(Route::v1(&["fleet", "summary"]).query(&query)).await?;
    if console.wants_json() {
        console.json(&fleet).await?;
        return Ok(Exit::Success);
    }
    let counts = fleet.phases.iter().filter(|(_phase, count)| **count > 0);
    let told: Vec<String> = counts.map(|(phase, count)| format!("{count} {phase}")).collect();
    console.say(&format!("{} boxes: {}.", fleet.total, told.join(", "))).await;
    let rows: Vec<[String; 4]> = fleet.items.iter().map(row).collect();
    console.text(&table::columns(["NAME", "PHASE", "GATEWAY", "ID"], &rows)).await?;
    if fleet.next_cursor.is_some() {
        console.say("There are more; `smartbox box list` shows all of them.").await;
    }
    Ok(Exit::Success)
}

fn row(smartbox: &FleetBoxView) -> [String; 4] {
    let gateway = match &smartbox.gateway {
        None => Cow::Borrowed(""),
        Some(look) if look.is_ready => Cow::Owned(format!("ready ({} ms)", look.latency_ms)),
        Some(look) => Cow::Owned(table::cell(&look.failing.join("; "), 60)),
    };
    [smartbox.name.clone(), smartbox.phase.clone(), gateway.into_owned(), smartbox.id.clone()]
}
