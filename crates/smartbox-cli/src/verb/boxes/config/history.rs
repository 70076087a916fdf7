//! `smartbox box config history`.

use clap::Args;
use smartbox_api::{ConfigHistory, ConfigVersionView};

use super::super::BoxArgument;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, columns, moment};

/// Most characters of a reason that are shown; `--json` has all of them.
const WHY_MAX: usize = 120;

/// Flags of `box config history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
}

/// Lists the versions of a configuration.
pub(super) async fn run(client: &Client, args: &HistoryArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let history: ConfigHistory =
        client.get(Route::v1(&["boxes", reference.as_str(), "config", "history"])).await?;
    if console.wants_json() {
        console.json(&history).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 6]> = history.items.iter().map(row).collect();
    console.text(&columns(["VERSION", "MADE", "BY", "HOW", "STANDING", "WHY"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(version: &ConfigVersionView) -> [String; 6] {
    [
        version.version.to_string(),
        moment(&version.created_at),
        version.created_by.clone(),
        version.origin.clone(),
        version.standing.clone(),
        version.why.as_deref().map(|why| cell(why, WHY_MAX)).unwrap_or_default(),
    ]
}
