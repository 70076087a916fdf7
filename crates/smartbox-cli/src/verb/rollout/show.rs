//! `smartbox rollout show`.

use smartbox_api::RolloutView;

use super::{RolloutArgument, boxes};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{facts, moment};

/// Shows a rollout.
pub(super) async fn run(client: &Client, args: &RolloutArgument, console: &mut Console) -> Outcome {
    let rollout: RolloutView = client.get(Route::v1(&["upgrades", &args.id.to_string()])).await?;
    if console.wants_json() {
        console.json(&rollout).await?;
        return Ok(Exit::Success);
    }
    let mut lines = vec![
        ("Id", rollout.id.clone()),
        ("To", rollout.to.clone()),
        ("State", rollout.state.clone()),
        ("At once", rollout.wave.to_string()),
        ("Stops after", format!("{} failed", rollout.stop_after)),
        ("Asked by", rollout.asked_by.clone()),
        ("Began", moment(&rollout.created_at)),
    ];
    lines.extend(rollout.finished_at.as_deref().map(|at| ("Ended", moment(at))));
    console.text(&format!("{}{}", facts(&lines), boxes(&rollout))).await?;
    Ok(Exit::Success)
}
