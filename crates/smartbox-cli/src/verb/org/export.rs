//! `smartbox org export`.

use std::path::PathBuf;

use clap::Args;

use super::OWN;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::verb::backup::download::save;

/// What it is called where nobody says.
const NAME: &str = "smartbox-export.tar.zst";

/// Flags of `org export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Where it is written; `-` is standard output
    #[arg(long, short = 'o', value_name = "FILE", default_value = NAME)]
    output: PathBuf,
}

/// Saves all that belongs to the caller's org.
pub(super) async fn run(client: &Client, args: &ExportArgs, console: &mut Console) -> Outcome {
    let download = client.download(Route::v1(&["orgs", OWN, "export"])).await?;
    save(download, args.output.clone(), console).await
}
