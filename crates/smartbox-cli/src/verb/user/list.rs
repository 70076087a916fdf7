//! `smartbox user list`.

use clap::Args;
use smartbox_api::{UserList, UserView};

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Flags of `user list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The org, by id or name (admins of the platform only)
    #[arg(long)]
    org: Option<String>,
}

/// Lists everybody.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let org = args.org.as_deref().map(|org| ("org", org));
    let items = client.all::<UserList>(&["users"], org).await?;
    if console.wants_json() {
        console.json(&UserList { items, next_cursor: None }).await?;
        return Ok(Exit::Success);
    }
    if items.is_empty() {
        console.say("Nobody. Add somebody: `smartbox user add NAME`.").await;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 7]> = items.iter().map(row).collect();
    let header = ["NAME", "ROLE", "STATUS", "E-MAIL", "PASSWORD", "ADDED", "ID"];
    console.text(&table::columns(header, &rows)).await?;
    Ok(Exit::Success)
}

fn row(user: &UserView) -> [String; 7] {
    [
        user.name.clone(),
        user.role.clone(),
        user.status.clone(),
        user.email.clone().unwrap_or_else(|| "-".to_owned()),
        if user.has_password { "set" } else { "none" }.to_owned(),
        table::moment(&user.created_at),
        user.id.clone(),
    ]
}
