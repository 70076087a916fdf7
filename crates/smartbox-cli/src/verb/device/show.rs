//! `smartbox device show`.

use smartbox_api::DeviceView;
use smartbox_core::DeviceId;

use super::shown_name;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{facts, moment};

/// Shows a device.
pub(super) async fn run(client: &Client, id: DeviceId, console: &mut Console) -> Outcome {
    let device: DeviceView = client.get(Route::v1(&["devices", &id.to_string()])).await?;
    if console.wants_json() {
        console.json(&device).await?;
        return Ok(Exit::Success);
    }
    console.text(&describe(&device)).await?;
    Ok(Exit::Success)
}

fn describe(device: &DeviceView) -> String {
    let mut lines = vec![
        ("Name", shown_name(device)),
        ("Whose", device.user.clone()),
        ("Status", device.status.clone()),
        ("Fingerprint", device.fingerprint.clone()),
    ];
    lines.extend(device.address.clone().map(|address| ("First from", address)));
    lines.push(("Since", moment(&device.created_at)));
    lines.extend(
        device.expires_at.as_deref().map(|at| ("Forgotten", format!("{} if not approved", moment(at)))),
    );
    lines.extend(device.approved_at.as_deref().map(|at| ("Approved", moment(at))));
    lines.extend(device.approved_by.clone().map(|by| ("By", by)));
    lines.push(("Id", device.id.clone()));
    facts(&lines)
}
