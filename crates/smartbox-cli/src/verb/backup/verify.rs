//! `smartbox backup verify`.

use std::time::Duration;

use clap::Args;
use smartbox_api::BackupView;

use super::watched::watched;
use super::{backup_id, trust};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;

/// A backup of many gigabytes takes a while to read.
const TIMEOUT: Duration = Duration::from_hours(1);

/// Flags of `backup verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Id of the backup (`bkp_…`)
    #[arg(value_name = "BACKUP", value_parser = backup_id)]
    backup: String,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Reads a backup back.
pub(super) async fn run(client: &Client, args: &VerifyArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "backups", &args.backup, "verify"];
    let asked = client.post_within(Route::v1(&route), TIMEOUT);
    let backup: BackupView = watched(client, console, &args.smartbox, asked).await?;
    if console.wants_json() {
        console.json(&backup).await?;
    } else {
        console.say(&format!("All {} files were read back. It is {}.", backup.files, trust(&backup))).await;
    }
    Ok(if backup.is_good { Exit::Success } else { Exit::Failed })
}
