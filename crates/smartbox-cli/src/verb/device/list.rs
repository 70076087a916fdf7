//! `smartbox device list`.

use clap::Args;
use smartbox_api::{DeviceList, DeviceView};

use super::{PENDING, shown_name};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Flags of `device list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The org, by id or name (admins of the platform only)
    #[arg(long)]
    org: Option<String>,
}

/// Lists devices: those that wait, then the others, each the newest first.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let query: Vec<_> = args.org.iter().map(|org| ("org", org.as_str())).collect();
    let mut devices: DeviceList = client.get(Route::v1(&["devices"]).query(&query)).await?;
    // A stable sort: within both groups the server's order stays.
    devices.items.sort_by_key(|device| device.status != PENDING);
    if console.wants_json() {
        console.json(&devices).await?;
        return Ok(Exit::Success);
    }
    if devices.items.is_empty() {
        console.say("No devices. Pair this one: `smartbox device pair`.").await;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 6]> = devices.items.iter().map(row).collect();
    let header = ["NAME", "WHOSE", "STATUS", "FINGERPRINT", "SINCE", "ID"];
    console.text(&table::columns(header, &rows)).await?;
    if devices.items.iter().any(|device| device.status == PENDING) {
        console
            .say(
                "Compare the fingerprint of a pending device with the one it shows, then let it in: \
                 `smartbox device approve ID`.",
            )
            .await;
    }
    Ok(Exit::Success)
}

fn row(device: &DeviceView) -> [String; 6] {
    [
        shown_name(device),
        device.user.clone(),
        device.status.clone(),
        device.fingerprint.clone(),
        table::moment(&device.created_at),
        device.id.clone(),
    ]
}
