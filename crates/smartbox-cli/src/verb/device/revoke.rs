//! `smartbox device revoke`.

use smartbox_core::DeviceId;

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Has a device forgotten.
pub(super) async fn run(client: &Client, id: DeviceId, console: &mut Console) -> Outcome {
    let id = id.to_string();
    client.order(Route::v1(&["devices", &id, "revoke"])).await?;
    console.say(&format!("Device `{id}` is revoked.")).await;
    Ok(Exit::Success)
}
