//! `smartbox file get`.

use std::path::PathBuf;

use clap::Args;

use super::BoxPath;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::verb::BoxFlag;
use crate::verb::backup::download::save;

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
    let download = client.download(Route::v1(&args.path.route(reference.as_str()))).await?;
    save(download, args.output.clone().unwrap_or_else(|| PathBuf::from(args.path.name())), console).await
}
