//! `smartbox runtime list`.

use smartbox_api::{RuntimeList, RuntimeView};

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{self, cell};

/// Lists every version.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let runtimes: RuntimeList = client.get(Route::v1(&["runtimes"])).await?;
    if console.wants_json() {
        console.json(&runtimes).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 4]> = runtimes.items.iter().map(row).collect();
    console.text(&table::columns(["VERSION", "STATE", "BOXES", "REMARKS"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(runtime: &RuntimeView) -> [String; 4] {
    let mut remarks = Vec::new();
    if runtime.is_default {
        remarks.push("new boxes get it".to_owned());
    }
    remarks.extend(runtime.too_old.as_deref().map(|why| format!("too old to run: {}", cell(why, 80))));
    remarks.extend(runtime.failure.as_deref().map(|why| cell(why, 200)));
    [runtime.version.clone(), runtime.state.clone(), runtime.boxes.to_string(), remarks.join("; ")]
}
