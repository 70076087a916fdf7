//! `smartbox box list`.

use clap::Args;
use smartbox_api::{BoxList, BoxView};

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table;

/// Boxes asked for at once; the server allows no more.
const PAGE_ITEMS: &str = "200";
/// Most pages that are read: 20,000 boxes.
const PAGES_MAX: usize = 100;

/// Flags of `box list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only boxes in this phase, such as running, stopped or failed
    #[arg(long, value_name = "PHASE")]
    state: Option<String>,
}

/// Lists every box the caller may see.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let items = all(client, args.state.as_deref()).await?;
    if console.wants_json() {
        console.json(&BoxList { items, next_cursor: None }).await?;
        return Ok(Exit::Success);
    }
    if items.is_empty() {
        console.say("No boxes. Create one: `smartbox box create NAME`.").await;
        return Ok(Exit::Success);
    }
    let header = ["NAME", "PHASE", "KIND", "TIER", "CREATED", "ID"];
    let rows: Vec<[String; 6]> = items.iter().map(row).collect();
    let text = table::columns(header, &rows);
    console.text(&text).await?;
    Ok(Exit::Success)
}

async fn all(client: &Client, state: Option<&str>) -> Result<Vec<BoxView>, Failure> {
    let mut items = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let mut query = vec![("limit", PAGE_ITEMS)];
        query.extend(state.map(|state| ("state", state)));
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page: BoxList = client.get(Route::v1(&["boxes"]).query(&query)).await?;
        items.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(items),
        }
    }
    Err(client.not_understood(&format!("its list of boxes has more than {PAGES_MAX} pages")))
}

fn row(smartbox: &BoxView) -> [String; 6] {
    let mark = if smartbox.is_default { " (default)" } else { "" };
    let phase = match &smartbox.stage {
        Some(stage) => format!("{} ({stage})", smartbox.phase),
        None => smartbox.phase.clone(),
    };
    [
        format!("{}{mark}", smartbox.name),
        phase,
        smartbox.kind.clone(),
        smartbox.tier.clone(),
        table::moment(&smartbox.created_at),
        smartbox.id.clone(),
    ]
}
