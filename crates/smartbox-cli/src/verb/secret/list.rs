//! `smartbox secret list`.

use clap::Args;
use smartbox_api::{SecretList, SecretView};

use super::WhoseFlags;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, columns, moment};

/// Most characters of the end of a value.
const END_MAX: usize = 8;
/// Most characters of who changed it.
const ACTOR_MAX: usize = 40;

/// Flags of `secret list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    whose: WhoseFlags,
}

/// Lists what is known of secrets.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let [kind, reference] = args.whose.path();
    let list: SecretList = client.get(Route::v1(&[&kind, &reference, "secrets"])).await?;
    if console.wants_json() {
        console.json(&list).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<_> = list.items.iter().map(row).collect();
    console.text(&columns(["NAME", "OF", "DELIVERY", "ENDS WITH", "CHANGED", "BY"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(secret: &SecretView) -> [String; 6] {
    [
        secret.name.clone(),
        secret.level.clone(),
        secret.delivery.clone(),
        secret.last_four.as_deref().map(|end| cell(end, END_MAX)).unwrap_or_default(),
        moment(&secret.changed_at),
        cell(&secret.changed_by, ACTOR_MAX),
    ]
}
