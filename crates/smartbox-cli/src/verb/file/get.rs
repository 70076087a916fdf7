//! `smartbox file get`.

use std::path::{Path, PathBuf};

use clap::Args;
use tokio::io::AsyncWriteExt as _;

use super::BoxPath;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::verb::{BoxFlag, size};

/// Flags of `file get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The file in the box
    #[arg(value_name = "PATH")]
    path: BoxPath,
    /// Where it is written [default: its name, here]; `-` is standard output
    #[arg(value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Downloads a file. One that is there is somebody's, and stays.
pub(super) async fn run(client: &Client, args: &GetArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let mut download = client.download(Route::v1(&args.path.route(reference.as_str()))).await?;
    let output = args.output.clone().unwrap_or_else(|| PathBuf::from(args.path.name()));
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
        // Half a file must not look like one.
        drop(tokio::fs::remove_file(&output).await);
        return Err(failure);
    }
    console.say(&format!("{} written, {}.", output.display(), size(written))).await;
    Ok(Exit::Success)
}
