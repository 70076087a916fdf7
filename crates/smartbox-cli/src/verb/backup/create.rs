//! `smartbox backup create`.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use smartbox_api::{BackupList, BackupView, BoxView, OperationView};

use super::trust;
use super::watched::watched;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::operation;
use crate::verb::{BoxFlag, size};

/// The platform answers within a minute.
const TIMEOUT: Duration = Duration::from_secs(75);
/// Longest wait for one that takes longer.
const WAIT_MAX: Duration = Duration::from_hours(24);
/// Why a backup was made that somebody asked for.
const ASKED: &str = "asked";

/// Flags of `backup create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// What the platform answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Made(Box<BackupView>),
    UnderWay(Box<OperationView>),
}

/// Makes a backup and prints its id.
pub(super) async fn run(client: &Client, args: &CreateArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "backups"];
    let asked = client.post_within(Route::v1(&route), TIMEOUT);
    let backup = match watched(client, console, &args.smartbox, asked).await? {
        Answer::Made(backup) => *backup,
        Answer::UnderWay(operation) => finished(client, console, &operation).await?,
    };
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

/// Waits for one that takes long, and finds it.
async fn finished(
    client: &Client,
    console: &mut Console,
    operation: &OperationView,
) -> Result<BackupView, Failure> {
    let id = operation.box_id.as_str();
    let smartbox: BoxView = client.get(Route::v1(&["boxes", id])).await?;
    operation::wait(client, console, &smartbox, operation, WAIT_MAX).await?;
    let list: BackupList = client.get(Route::v1(&["boxes", id, "backups"])).await?;
    let newest = list.items.into_iter().find(|backup| backup.reason == ASKED);
    newest.ok_or_else(|| Failure::new(Exit::Failed, "The backup is made, and is not in the list."))
}
