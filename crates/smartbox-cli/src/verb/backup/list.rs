//! `smartbox backup list`.

use clap::Args;
use smartbox_api::{BackupList, BackupStateView, BackupView};

use super::trust;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, columns, moment};
use crate::verb::{BoxFlag, size};

/// Flags of `backup list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Lists the backups of a box.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let list: BackupList = client.get(Route::v1(&["boxes", reference.as_str(), "backups"])).await?;
    if console.wants_json() {
        console.json(&list).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 7]> = list.items.iter().map(row).collect();
    console.text(&columns(["ID", "MADE", "WHY", "FILES", "SIZE", "STATE", "DRILLED"], &rows)).await?;
    console.say(&words(&list.state)).await;
    if list.state.is_overdue {
        console.warn("The newest good backup is older than it should be.").await;
    }
    Ok(Exit::Success)
}

fn row(backup: &BackupView) -> [String; 7] {
    let why = if backup.is_pinned { format!("{}, stays", backup.reason) } else { backup.reason.clone() };
    [
        backup.id.clone(),
        moment(&backup.made_at),
        why,
        backup.files.to_string(),
        size(backup.bytes),
        trust(backup),
        drilled(backup),
    ]
}

/// When it was last booted in a sealed box, and that it was not well then.
fn drilled(backup: &BackupView) -> String {
    match (&backup.drilled_at, &backup.drill_failure) {
        (None, _) => String::new(),
        (Some(at), None) => moment(at),
        (Some(at), Some(why)) => format!("{}: {}", moment(at), cell(why, 100)),
    }
}

fn words(state: &BackupStateView) -> String {
    let mut words = match (&state.last_good_at, &state.changed_since) {
        (None, _) => "There is no good backup yet.".to_owned(),
        (Some(at), None) => format!("Everything is saved; the newest good backup is of {}.", moment(at)),
        (Some(at), Some(since)) => {
            format!("The newest good backup is of {}; not saved since {}.", moment(at), moment(since))
        }
    };
    if let Some(until) = &state.undo_until {
        words.push_str(&format!(" The last restore can be undone until {}.", moment(until)));
    }
    words
}
