//! `smartbox token revoke`.

use clap::Args;
use smartbox_core::TokenId;

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `token revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// Its id (tok_…), not the token itself
    #[arg(value_name = "TOKEN")]
    id: String,
    /// The org it acts for, by id or name (admins of the platform only) [default: the first org]
    #[arg(long)]
    org: Option<String>,
}

/// Ends a service token.
pub(super) async fn run(client: &Client, args: &RevokeArgs, console: &mut Console) -> Outcome {
    // Checked here and not by the parser, which would print what was given, and that may be the token itself.
    let id: TokenId = args.id.parse().map_err(|_error| {
        Failure::new(Exit::Usage, "This is no id of a service token (tok_…).")
            .help("`smartbox token list` shows the ids.")
    })?;
    let query: Vec<_> = args.org.iter().map(|org| ("org", org.as_str())).collect();
    client.remove(Route::v1(&["tokens", &id.to_string()]).query(&query)).await?;
    console.say(&format!("Service token `{id}` is revoked.")).await;
    Ok(Exit::Success)
}
