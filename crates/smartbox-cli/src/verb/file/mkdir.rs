//! `smartbox file mkdir`.

use clap::Args;
use smartbox_api::{FileView, MakeDirectory};

use super::BoxPath;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;

/// Flags of `file mkdir`.
#[derive(Debug, Args)]
pub struct MkdirArgs {
    /// The directory
    #[arg(value_name = "PATH")]
    path: BoxPath,
    /// Make the directories on the way
    #[arg(long, short)]
    parents: bool,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Makes a directory. One that is there is left as it is.
pub(super) async fn run(client: &Client, args: &MkdirArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let body = MakeDirectory { path: args.path.as_str().to_owned(), parents: args.parents };
    let route = ["boxes", reference.as_str(), "files:mkdir"];
    let view: FileView = client.post_with(Route::v1(&route), &body).await?;
    if console.wants_json() {
        console.json(&view).await?;
        return Ok(Exit::Success);
    }
    console.say(&format!("{}/ is there.", args.path.as_str())).await;
    Ok(Exit::Success)
}
