//! `smartbox bulk list`.

use smartbox_api::{BulkRunList, BulkRunView};

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{self, moment};

/// Lists the newest runs.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let runs: BulkRunList = client.get(Route::v1(&["bulk-runs"])).await?;
    if console.wants_json() {
        console.json(&runs).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 4]> = runs.items.iter().map(row).collect();
    console.text(&table::columns(["ID", "WHAT", "STATE", "BEGAN"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(run: &BulkRunView) -> [String; 4] {
    [run.id.clone().unwrap_or_default(), run.action.clone(), run.state.clone(), moment(&run.created_at)]
}
