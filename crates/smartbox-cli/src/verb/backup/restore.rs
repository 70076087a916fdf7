//! `smartbox backup restore`.

use clap::Args;
use smartbox_api::{Launched, RestoreBackup};

use super::backup_id;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;
use crate::verb::boxes::change::{WaitFlags, settle};

/// What goes back to before the last restore.
const UNDO: &str = "undo";

/// Flags of `backup restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Id of the backup (`bkp_…`), or `undo`
    #[arg(value_name = "BACKUP", value_parser = backup_or_undo)]
    backup: String,
    #[command(flatten)]
    smartbox: BoxFlag,
    /// Also from a backup that is not trusted
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    waiting: WaitFlags,
}

fn backup_or_undo(text: &str) -> Result<String, String> {
    if text == UNDO { Ok(text.to_owned()) } else { backup_id(text) }
}

/// Asks for the restore and waits until the box runs on it.
pub(super) async fn run(client: &Client, args: &RestoreArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "backups", &args.backup, "restore"];
    let body = RestoreBackup { force: args.force };
    let mut launched: Launched = client.post_with(Route::v1(&route), &body).await?;
    let is_done =
        settle(client, console, args.waiting, &mut launched.smartbox, &mut launched.operation).await?;
    if is_done {
        let name = &launched.smartbox.name;
        let undo =
            if args.backup == UNDO { "" } else { " `smartbox backup restore undo` goes back, for a day." };
        console.say(&format!("Box `{name}` runs on what was restored.{undo}")).await;
    }
    if console.wants_json() {
        console.json(&launched).await?;
    }
    Ok(Exit::Success)
}
