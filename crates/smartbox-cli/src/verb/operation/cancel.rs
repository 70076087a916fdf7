//! `smartbox operation cancel`.

use smartbox_api::OperationView;

use super::OperationArgs;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Cancels an operation.
pub(super) async fn run(client: &Client, args: &OperationArgs, console: &mut Console) -> Outcome {
    let route = ["operations", &args.operation, "cancel"];
    let ended: OperationView = client.post(Route::v1(&route)).await?;
    console.say(&format!("The `{}` of {} is cancelled.", ended.kind, ended.box_id)).await;
    if console.wants_json() {
        console.json(&ended).await?;
    }
    Ok(Exit::Success)
}
