//! `smartbox user set`, `freeze` and `thaw`.

use clap::Args;
use smartbox_api::{UpdateUser, UserView};

use super::{UserArgument, roles};
use crate::Outcome;
use crate::args::UserReference;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `user set`.
#[derive(Debug, Args)]
#[group(id = "changes", required = true, multiple = true, args = ["role", "status"])]
pub struct SetArgs {
    #[command(flatten)]
    user: UserArgument,
    /// What they may do from now on
    #[arg(long, value_parser = roles())]
    role: Option<String>,
    /// Whether they may do it; see `user freeze`
    #[arg(long, value_parser = ["active", "frozen"])]
    status: Option<String>,
}

/// Changes a person.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let update = UpdateUser { role: args.role, status: args.status };
    change(client, &args.user.user, &update, console).await
}

/// Changes a person's status alone.
pub(super) async fn status(
    client: &Client,
    user: &UserReference,
    status: &str,
    console: &mut Console,
) -> Outcome {
    let update = UpdateUser { role: None, status: Some(status.to_owned()) };
    change(client, user, &update, console).await
}

async fn change(
    client: &Client,
    user: &UserReference,
    update: &UpdateUser,
    console: &mut Console,
) -> Outcome {
    let user: UserView = client.patch(Route::v1(&["users", user.as_str()]), update).await?;
    console.say(&format!("`{}` is {} now, as {}.", user.name, user.status, user.role)).await;
    if console.wants_json() {
        console.json(&user).await?;
    }
    Ok(Exit::Success)
}
