//! `smartbox rollout list`.

use smartbox_api::{RolloutList, RolloutView};

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{self, moment};

/// Lists the newest rollouts.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let rollouts: RolloutList = client.get(Route::v1(&["upgrades"])).await?;
    if console.wants_json() {
        console.json(&rollouts).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 4]> = rollouts.items.iter().map(row).collect();
    console.text(&table::columns(["ID", "TO", "STATE", "BEGAN"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(rollout: &RolloutView) -> [String; 4] {
    [rollout.id.clone(), rollout.to.clone(), rollout.state.clone(), moment(&rollout.created_at)]
}
