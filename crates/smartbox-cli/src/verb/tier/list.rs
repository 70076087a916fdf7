//! `smartbox tier list`.

use smartbox_api::{TierList, TierView};

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// One gibibyte in bytes.
const GIB: f64 = (1024 * 1024 * 1024) as f64;

/// Lists every tier.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let tiers: TierList = client.get(Route::v1(&["tiers"])).await?;
    if console.wants_json() {
        console.json(&tiers).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 6]> = tiers.items.iter().map(row).collect();
    console.text(&table::columns(["NAME", "CPUS", "MEMORY", "AT MOST", "PROCESSES", "BOXES"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(tier: &TierView) -> [String; 6] {
    [
        tier.name.clone(),
        (f64::from(tier.cpu_millis) / 1000.0).to_string(),
        gib(tier.memory_bytes),
        gib(tier.memory_max_bytes),
        tier.pids_max.to_string(),
        tier.boxes_max.to_string(),
    ]
}

/// Bytes as gibibytes with at most one decimal place.
fn gib(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal place is shown")]
    let gib = bytes as f64 / GIB;
    format!("{} GiB", (gib * 10.0).round() / 10.0)
}
