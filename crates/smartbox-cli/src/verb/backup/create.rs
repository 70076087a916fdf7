//! `smartbox backup create`.

use std::time::Duration;

use clap::Args;
use smartbox_api::BackupView;

use super::trust;
use super::watched::watched;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::{BoxFlag, size};

/// The platform answers within a minute.
const TIMEOUT: Duration = Duration::from_secs(75);

/// Flags of `backup create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Makes a backup and prints its id.
pub(super) async fn run(client: &Client, args: &CreateArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "backups"];
    let asked = client.post_within(Route::v1(&route), TIMEOUT);
    let backup: BackupView = watched(client, console, &args.smartbox, asked).await?;
    if console.wants_json() {
        console.json(&backup).await?;
        return Ok(Exit::Success);
    }
    console.text(&format!("{}\n", backup.id)).await?;
    let summary = format!(
        "Saved {} files, {}; {} of it new. It is {}.",
        backup.files,
        size(backup.bytes),
        size(backup.added_bytes),
        trust(&backup)
    );
    console.say(&summary).await;
    Ok(if backup.is_good { Exit::Success } else { Exit::Failed })
}
