//! `smartbox support end`.

use clap::Args;
use smartbox_core::SupportId;

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `support end`.
#[derive(Debug, Args)]
pub struct EndArgs {
    /// Its id (sup_…), not its credential
    #[arg(value_name = "SUPPORT")]
    id: String,
}

/// Ends support access.
pub(super) async fn run(client: &Client, args: &EndArgs, console: &mut Console) -> Outcome {
    // Checked here and not by the parser, which would print what was given, and that may be the credential itself.
    let id: SupportId = args.id.parse().map_err(|_error| {
        Failure::new(Exit::Usage, "This is no id of support access (sup_…).")
            .help("`smartbox support list` shows the ids.")
    })?;
    client.remove(Route::v1(&["support-sessions", &id.to_string()])).await?;
    console.say(&format!("Support access `{id}` has ended.")).await;
    Ok(Exit::Success)
}
