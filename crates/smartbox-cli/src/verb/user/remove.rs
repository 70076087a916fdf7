//! `smartbox user remove`.

use clap::Args;
use smartbox_api::UserView;

use super::UserArgument;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `user remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    user: UserArgument,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Removes a person, after asking on a terminal.
pub(super) async fn run(client: &Client, args: &RemoveArgs, console: &mut Console) -> Outcome {
    let reference = args.user.user.as_str();
    if console.can_ask() && !args.yes {
        let user: UserView = client.get(Route::v1(&["users", reference])).await?;
        let UserView { name, role, id, .. } = &user;
        if !console.confirms(&format!("Remove `{name}` ({role}, {id})? It cannot be undone.")).await? {
            console.say("Nobody was removed.").await;
            return Ok(Exit::Failed);
        }
        // The one who was shown, even if the name means somebody else by now.
        client.remove(Route::v1(&["users", id])).await?;
    } else {
        client.remove(Route::v1(&["users", reference])).await?;
    }
    console.say(&format!("`{reference}` is removed.")).await;
    Ok(Exit::Success)
}
