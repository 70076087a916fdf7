//! `smartbox plan remove`.

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Removes a plan.
pub(super) async fn run(client: &Client, name: &str, console: &mut Console) -> Outcome {
    client.remove(Route::v1(&["plans", name])).await?;
    console.say(&format!("The plan `{name}` is gone.")).await;
    Ok(Exit::Success)
}
