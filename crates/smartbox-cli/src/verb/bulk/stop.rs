//! `smartbox bulk stop`.

use smartbox_api::BulkRunView;

use super::BulkArgument;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Ends a run.
pub(super) async fn run(client: &Client, args: &BulkArgument, console: &mut Console) -> Outcome {
    let id = args.id.to_string();
    let run: BulkRunView = client.delete(Route::v1(&["bulk-runs", &id])).await?;
    let going = run.boxes.iter().filter(|one| one.state == "going").count();
    console.say(&format!("No further box is begun; {going} under way are seen through.")).await;
    if console.wants_json() {
        console.json(&run).await?;
    }
    Ok(Exit::Success)
}
