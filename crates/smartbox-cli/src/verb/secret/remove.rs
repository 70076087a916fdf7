//! `smartbox secret remove`.

use clap::Args;

use super::{WhoseFlags, secret_name};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `secret remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Its name
    #[arg(value_name = "NAME", value_parser = secret_name)]
    name: String,
    #[command(flatten)]
    whose: WhoseFlags,
}

/// Removes a secret.
pub(super) async fn run(client: &Client, args: &RemoveArgs, console: &mut Console) -> Outcome {
    let [kind, reference] = args.whose.path();
    client.remove(Route::v1(&[&kind, &reference, "secrets", &args.name])).await?;
    console.say(&format!("{} is removed.", args.name)).await;
    Ok(Exit::Success)
}
