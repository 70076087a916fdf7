//! `smartbox rollout stop`.

use smartbox_api::RolloutView;

use super::RolloutArgument;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Ends a rollout.
pub(super) async fn run(client: &Client, args: &RolloutArgument, console: &mut Console) -> Outcome {
    let id = args.id.to_string();
    let rollout: RolloutView = client.delete(Route::v1(&["upgrades", &id])).await?;
    let going = rollout.boxes.iter().filter(|one| one.state == "going").count();
    console.say(&format!("No further box is begun; {going} under way are seen through.")).await;
    if console.wants_json() {
        console.json(&rollout).await?;
    }
    Ok(Exit::Success)
}
