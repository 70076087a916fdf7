//! `smartbox session list`.

use clap::Args;
use smartbox_api::{SessionList, SessionView};

use crate::Outcome;
use crate::args::UserReference;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// How much is shown of what a browser calls itself, in characters.
const BROWSER_CHARS_MAX: usize = 40;

/// Flags of `session list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Whose, by name or id [default: yours]
    #[arg(long, value_name = "USER")]
    user: Option<UserReference>,
}

/// Lists sessions, the newest first.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let query: Vec<_> = args.user.iter().map(|user| ("user", user.as_str())).collect();
    let sessions: SessionList = client.get(Route::v1(&["sessions"]).query(&query)).await?;
    if console.wants_json() {
        console.json(&sessions).await?;
        return Ok(Exit::Success);
    }
    if sessions.items.is_empty() {
        console.say("No sessions: no browser is signed in.").await;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 6]> = sessions.items.iter().map(row).collect();
    let header = ["SIGNED IN", "BY", "FROM", "ENDS", "ID", "BROWSER"];
    console.text(&table::columns(header, &rows)).await?;
    Ok(Exit::Success)
}

fn row(session: &SessionView) -> [String; 6] {
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mark = if session.is_current { " (this one)" } else { "" };
    [
        table::moment(&session.created_at),
        session.method.clone(),
        or_unknown(&session.address),
        table::moment(&session.expires_at),
        format!("{}{mark}", session.id),
        // Whoever signed in chose this text; a line of a table it may not leave.
        table::cell(&or_unknown(&session.user_agent), BROWSER_CHARS_MAX),
    ]
}
