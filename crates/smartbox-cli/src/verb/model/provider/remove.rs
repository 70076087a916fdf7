//! `smartbox model provider remove`.

use clap::Args;

use super::ScopeArgs;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `model provider remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Takes a provider away.
pub(super) async fn run(client: &Client, args: &RemoveArgs, console: &mut Console) -> Outcome {
    let path = ["models", "providers", args.name.as_str()];
    client.remove(Route::v1(&path).query(&args.scope.query())).await?;
    console.say(&format!("The model provider `{}` is gone, and its key with it.", args.name)).await;
    Ok(Exit::Success)
}
