//! `smartbox backup download`.

use std::path::{Path, PathBuf};

use clap::Args;
use tokio::io::AsyncWriteExt as _;

use super::backup_id;
use crate::Outcome;
use crate::client::{Client, Download, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::verb::{BoxFlag, size};

/// Flags of `backup download`.
#[derive(Debug, Args)]
pub struct DownloadArgs {
    /// Id of the backup (`bkp_…`)
    #[arg(value_name = "BACKUP", value_parser = backup_id)]
    backup: String,
    #[command(flatten)]
    smartbox: BoxFlag,
    /// One file instead of all, below the agent's home
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Where it is written; `-` is standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Saves a backup, or one file of it.
pub(super) async fn run(client: &Client, args: &DownloadArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "backups", &args.backup, "download"];
    let query: Vec<(&str, &str)> = args.path.as_deref().map(|path| ("path", path)).into_iter().collect();
    let download = client.download(Route::v1(&route).query(&query)).await?;
    save(download, args.output.clone().unwrap_or_else(|| name(args)), console).await
}

/// Writes a download into a file that is not there yet, or to standard output (`-`).
pub(crate) async fn save(mut download: Download, output: PathBuf, console: &mut Console) -> Outcome {
    if output == Path::new("-") {
        while let Some(piece) = download.next().await? {
            console.bytes(&piece).await?;
        }
        return Ok(Exit::Success);
    }
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Failed, format!("{} could not be written.", output.display()))
            .detail(error.to_string())
    };
    // A file that is there is somebody's; what the backup holds is confidential.
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&output).await.map_err(failed)?;
    let mut written = 0_u64;
    let copied: Result<(), Failure> = async {
        while let Some(piece) = download.next().await? {
            written += piece.len() as u64;
            file.write_all(&piece).await.map_err(failed)?;
        }
        file.sync_all().await.map_err(failed)
    }
    .await;
    if let Err(failure) = copied {
        // Half an archive must not look like one.
        drop(tokio::fs::remove_file(&output).await);
        return Err(failure);
    }
    console.say(&format!("{} written, {}.", output.display(), size(written))).await;
    Ok(Exit::Success)
}

fn name(args: &DownloadArgs) -> PathBuf {
    let last = args.path.as_deref().and_then(|path| Path::new(path).file_name());
    last.map_or_else(|| PathBuf::from(format!("{}.tar.zst", args.backup)), PathBuf::from)
}
