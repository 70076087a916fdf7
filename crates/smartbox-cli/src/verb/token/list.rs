//! `smartbox token list`.

use clap::Args;
use smartbox_api::{TokenList, TokenView};

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Flags of `token list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The org, by id or name (admins of the platform only)
    #[arg(long)]
    org: Option<String>,
}

/// Lists every service token. The tokens themselves are known to nobody any more.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let org = args.org.as_deref().map(|org| ("org", org));
    let items = client.all::<TokenList>(&["tokens"], org).await?;
    if console.wants_json() {
        console.json(&TokenList { items, next_cursor: None }).await?;
        return Ok(Exit::Success);
    }
    if items.is_empty() {
        console.say("No service tokens. Create one: `smartbox token create NAME --scope boxes:read`.").await;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 7]> = items.iter().map(row).collect();
    console
        .text(&table::columns(["NAME", "MAY", "BOX", "LAST USED", "ENDS", "MADE BY", "ID"], &rows))
        .await?;
    Ok(Exit::Success)
}

fn row(token: &TokenView) -> [String; 7] {
    [
        token.name.clone(),
        token.scopes.join(","),
        token.only.clone().unwrap_or_else(|| "all".to_owned()),
        token.last_used_at.as_deref().map_or_else(|| "never".to_owned(), table::moment),
        table::moment(&token.expires_at),
        token.created_by.clone(),
        token.id.clone(),
    ]
}
