//! `smartbox backup remove`.

use clap::Args;

use super::backup_id;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;

/// Flags of `backup remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Id of the backup (`bkp_…`)
    #[arg(value_name = "BACKUP", value_parser = backup_id)]
    backup: String,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Removes a backup.
pub(super) async fn run(client: &Client, args: &RemoveArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    client.remove(Route::v1(&["boxes", reference.as_str(), "backups", &args.backup])).await?;
    console.say("The backup is gone.").await;
    Ok(Exit::Success)
}
