//! `smartbox token create`.

use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use smartbox_api::{CreateToken, CreatedToken};
use smartbox_core::Permission;

use crate::Outcome;
use crate::args::BoxReference;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Longest time for the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Flags of `token create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// What it is for
    #[arg(value_name = "NAME")]
    name: String,
    /// What it may do; several times, or with commas
    #[arg(
        long = "scope",
        value_name = "SCOPE",
        required = true,
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(Permission::ALL.map(Permission::as_str))
    )]
    scopes: Vec<String>,
    /// Days until it ends [default: 90]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=365))]
    days: Option<u32>,
    /// The org it acts for, by id or name (admins of the platform only) [default: the first org]
    #[arg(long)]
    org: Option<String>,
    /// Name or id of the one box for which it is good [default: every box of the org]
    #[arg(long = "box", short = 'b', value_name = "BOX")]
    only: Option<BoxReference>,
}

/// Creates a service token. The token itself goes to standard output: it is the one thing that cannot be read later.
pub(super) async fn run(client: &Client, args: CreateArgs, console: &mut Console) -> Outcome {
    let body = CreateToken {
        name: args.name,
        scopes: args.scopes,
        expires_in_days: args.days,
        org: args.org,
        only: args.only.map(|only| only.to_string()),
    };
    // Not sent again if the answer is lost: the platform could not tell a second time what it keeps the hash of.
    let sent = client.post_json::<CreatedToken>(Route::v1(&["tokens"]), &body, REQUEST_TIMEOUT).await;
    let created = sent.map_err(|failure| {
        // Whether it was created is unknown only if no answer came.
        if !failure.is_passing() {
            return failure;
        }
        failure.help_if_none("If it was created all the same, `smartbox token list` shows it: revoke it.")
    })?;
    if console.wants_json() {
        console.json(&created).await?;
        return Ok(Exit::Success);
    }
    console.text(&format!("{}\n", created.secret)).await?;
    let until = table::moment(&created.token.expires_at);
    console
        .say(&format!(
            "This is the only time it is shown. It works until {until}, or until `smartbox token revoke {}`.",
            created.token.id
        ))
        .await;
    // It holds the token, as standard output does; it is talk, so that what reads the output gets the token alone.
    if let Some(link) = &created.link {
        console.say(&format!("Opens the box in a browser: {link}")).await;
    }
    Ok(Exit::Success)
}
