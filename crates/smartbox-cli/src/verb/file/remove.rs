//! `smartbox file remove`.

use clap::Args;
use smartbox_api::RemovedFile;

use super::BoxPath;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;

/// Flags of `file remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// What is removed; directories with everything in them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<BoxPath>,
    /// For good, instead of into the trash
    #[arg(long)]
    permanent: bool,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Throws things away, one after the other.
pub(super) async fn run(client: &Client, args: &RemoveArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let query: &[(&str, &str)] = if args.permanent { &[("permanent", "true")] } else { &[] };
    for path in &args.paths {
        let route = path.route(reference.as_str());
        let removed: RemovedFile = client.delete(Route::v1(&route).query(query)).await?;
        if console.wants_json() {
            console.json(&removed).await?;
            continue;
        }
        match &removed.trashed_as {
            Some(place) => console.say(&format!("{} lies in {place}.", path.as_str())).await,
            None => console.say(&format!("{} is removed for good.", path.as_str())).await,
        }
    }
    Ok(Exit::Success)
}
