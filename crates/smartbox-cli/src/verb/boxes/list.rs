//! `smartbox box list`.

use clap::Args;
use smartbox_api::{BoxList, BoxView};

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Flags of `box list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only boxes in this phase, such as running, stopped or failed
    #[arg(long, value_name = "PHASE")]
    state: Option<String>,
    /// Only boxes with these labels: `stage=test,team in (red,blue),!old`
    #[arg(long, value_name = "SELECTOR")]
    label: Option<String>,
}

/// Lists every box the caller may see.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let asked = [("state", args.state.as_deref()), ("label", args.label.as_deref())];
    let filter: Vec<_> = asked.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let items = client.all::<BoxList>(&["boxes"], filter).await?;
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
