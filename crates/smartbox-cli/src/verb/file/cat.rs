//! `smartbox file cat`.

use clap::Args;

use super::BoxPath;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;

/// Flags of `file cat`.
#[derive(Debug, Args)]
pub struct CatArgs {
    /// The files
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<BoxPath>,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Prints files, one behind the other.
pub(super) async fn run(client: &Client, args: &CatArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    for path in &args.paths {
        let mut download = client.download(Route::v1(&path.route(reference.as_str()))).await?;
        while let Some(piece) = download.next().await? {
            console.bytes(&piece).await?;
        }
    }
    Ok(Exit::Success)
}
