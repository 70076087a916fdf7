//! `smartbox secret rotate-key`.

use smartbox_api::KeyRotationView;

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Seals everything with a new key.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let done: KeyRotationView = client.post(Route::v1(&["sealing-key", "rotate"])).await?;
    if console.wants_json() {
        console.json(&done).await?;
        return Ok(Exit::Success);
    }
    console.say(&format!("{} secret(s) are sealed with a new key.", done.resealed)).await;
    let next = if done.old_keys_gone {
        "The old key is gone. Copies of the database from before need a copy of it."
    } else {
        "Nothing needs the old key any more: take it away where your keys are kept."
    };
    console.say(next).await;
    Ok(Exit::Success)
}
