//! `smartbox backup …`.

mod create;
mod download;
mod env;
mod key;
mod list;
mod remove;
mod restore;
mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use smartbox_api::BackupView;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Commands about backups of boxes.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Back a box up now; the id of the backup is printed
    Create(create::CreateArgs),
    /// List the backups of a box, and say how old the newest good one is
    List(list::ListArgs),
    /// Read a backup back, every byte of it
    Verify(verify::VerifyArgs),
    /// Put a backup in the place of a box's disk; `undo` goes back to what was there before
    Restore(restore::RestoreArgs),
    /// Save a backup, or one file of it, to this machine
    Download(download::DownloadArgs),
    /// Remove a backup
    Remove(remove::RemoveArgs),
    /// Print what `restic` needs to read the backups of a box: eval "$(smartbox backup env --box BOX)"
    Env(env::EnvArgs),
    /// Print the key of the backups of a box
    Key(key::KeyArgs),
    /// The platform's own database
    #[command(subcommand)]
    Platform(PlatformCommand),
}

/// Commands about the platform's own database. They work on this machine, while no platform runs.
#[derive(Debug, Subcommand)]
pub enum PlatformCommand {
    /// Put a backup of the platform's database in its place; the one that is there is kept beside it
    Restore(PlatformRestoreArgs),
}

/// Flags of `backup platform restore`.
#[derive(Clone, Debug, Default, Args)]
pub struct PlatformRestoreArgs {
    /// Which snapshot, by the beginning of its id; the newest if left out
    #[arg(long, value_name = "SNAPSHOT")]
    pub snapshot: Option<String>,
    /// Settings file; smartbox.toml in the data directory if it is there
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Carries out a command about backups.
pub(super) async fn run(client: &Client, command: BackupCommand, console: &mut Console) -> Outcome {
    match command {
        BackupCommand::Create(args) => create::run(client, &args, console).await,
        BackupCommand::List(args) => list::run(client, &args, console).await,
        BackupCommand::Verify(args) => verify::run(client, &args, console).await,
        BackupCommand::Restore(args) => restore::run(client, &args, console).await,
        BackupCommand::Download(args) => download::run(client, &args, console).await,
        BackupCommand::Remove(args) => remove::run(client, &args, console).await,
        BackupCommand::Env(args) => env::run(client, &args, console).await,
        BackupCommand::Key(args) => key::run(client, &args, console).await,
        // The program does it itself, before it comes here.
        BackupCommand::Platform(_) => {
            Err(Failure::new(Exit::Usage, "The platform's database is restored on its own machine."))
        }
    }
}

/// The backup an argument names. An id is checked before anything is sent: it stands in a path.
fn backup_id(text: &str) -> Result<String, String> {
    text.parse::<smartbox_core::BackupId>()
        .map(|id| id.to_string())
        .map_err(|_error| "not the id of a backup (bkp_…); `smartbox backup list` shows them".to_owned())
}

/// Whether it can be trusted, in a word or two.
fn trust(backup: &BackupView) -> String {
    match (&backup.suspicion, &backup.verified_at) {
        (Some(why), _) => format!("not trusted: {}", crate::table::cell(why, 60)),
        (None, Some(_)) => "good, read back".to_owned(),
        (None, None) => "good".to_owned(),
    }
}

/// Bytes as people read them.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (u128::from(bytes) * 10 / 1024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in
            [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (176 * 1024, "176.0 KiB"), (5 << 40, "5.0 TiB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
