//! `smartbox platform list`.

use smartbox_api::{PlatformList, PlatformView};

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// As much of an id as tells one from the other.
const ID_CHARS: usize = 8;

/// Lists every platform.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let platforms: PlatformList = client.get(Route::v1(&["platforms"])).await?;
    if console.wants_json() {
        console.json(&platforms).await?;
    } else if platforms.items.is_empty() {
        console.text("this platform has its database to itself, and keeps every box\n").await?;
    } else {
        let rows: Vec<[String; 6]> = platforms.items.iter().map(row).collect();
        let header = ["PLATFORM", "ADDRESS", "VERSION", "BOXES", "LAST SEEN", ""];
        console.text(&table::columns(header, &rows)).await?;
    }
    Ok(Exit::Success)
}

fn row(platform: &PlatformView) -> [String; 6] {
    let remarks = [(platform.leads, "leads"), (platform.is_own, "answers")];
    let remarks: Vec<_> = remarks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word).collect();
    [
        platform.id.chars().take(ID_CHARS).collect(),
        platform.address.clone(),
        platform.version.clone(),
        platform.boxes.to_string(),
        platform.beat_at.clone(),
        remarks.join(", "),
    ]
}
