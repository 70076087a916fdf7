//! `smartbox device approve`.

use clap::Args;
use smartbox_api::{DeviceList, DeviceView};
use smartbox_core::DeviceId;

use super::shown_name;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `device approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// Its id (dev_…)
    #[arg(value_name = "DEVICE", required_unless_present = "all", conflicts_with = "all")]
    device: Option<DeviceId>,
    /// Every device that waits now
    #[arg(long)]
    all: bool,
    /// The org whose devices they are, by id or name (admins of the platform only)
    #[arg(long, requires = "all", conflicts_with = "device")]
    org: Option<String>,
}

/// Approves one device, or all that wait.
pub(super) async fn run(client: &Client, args: &ApproveArgs, console: &mut Console) -> Outcome {
    match args.device {
        Some(id) => one(client, id, console).await,
        None => all(client, args.org.as_deref(), console).await,
    }
}

async fn one(client: &Client, id: DeviceId, console: &mut Console) -> Outcome {
    let device: DeviceView = client.post(Route::v1(&["devices", &id.to_string(), "approve"])).await?;
    tell(&device, console).await;
    if console.wants_json() {
        console.json(&device).await?;
    }
    Ok(Exit::Success)
}

async fn all(client: &Client, org: Option<&str>, console: &mut Console) -> Outcome {
    let query: Vec<_> = org.iter().map(|org| ("org", *org)).collect();
    let approved: DeviceList = client.post(Route::v1(&["devices", "approve-all"]).query(&query)).await?;
    for device in &approved.items {
        tell(device, console).await;
    }
    if approved.items.is_empty() {
        console.say("No device waits for approval.").await;
    }
    if console.wants_json() {
        console.json(&approved).await?;
    }
    Ok(Exit::Success)
}

async fn tell(device: &DeviceView, console: &mut Console) {
    let (name, user, fingerprint) = (shown_name(device), &device.user, &device.fingerprint);
    console.say(&format!("Device `{name}` of {user} is approved ({fingerprint}).")).await;
}
