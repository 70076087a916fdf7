//! `smartbox support list`.

use clap::Args;
use smartbox_api::{SupportSessionList, SupportSessionView};

use crate::Outcome;
use crate::args::UserReference;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// How much is shown of what people wrote, in characters.
const TEXT_CHARS_MAX: usize = 60;

/// Flags of `support list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only what is open
    #[arg(long)]
    open: bool,
    /// In whose name, by name or id
    #[arg(long, value_name = "USER")]
    user: Option<UserReference>,
    /// The org, by id or name (admins of the platform only) [default: every org]
    #[arg(long)]
    org: Option<String>,
}

/// Lists support access, the newest first.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let open = args.open.then_some(("open", "true"));
    let user = args.user.as_ref().map(|user| ("user", user.as_str()));
    let org = args.org.as_deref().map(|org| ("org", org));
    let query = open.into_iter().chain(user).chain(org);
    let items = client.all::<SupportSessionList>(&["support-sessions"], query).await?;
    if console.wants_json() {
        console.json(&SupportSessionList { items, next_cursor: None }).await?;
        return Ok(Exit::Success);
    }
    if items.is_empty() {
        console.say("No support access.").await;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 7]> = items.iter().map(row).collect();
    let header = ["OPENED", "ENDS", "IN THE NAME OF", "BY", "MAY", "ID", "WHY"];
    console.text(&table::columns(header, &rows)).await?;
    Ok(Exit::Success)
}

fn row(session: &SupportSessionView) -> [String; 7] {
    let end = match &session.ended_at {
        Some(at) => format!("ended {}", table::moment(at)),
        None if session.is_open => table::moment(&session.expires_at),
        None => format!("ended {}", table::moment(&session.expires_at)),
    };
    let by = session.operator.as_deref().map(|operator| format!("{operator} ({})", session.opened_by));
    [
        table::moment(&session.opened_at),
        end,
        table::cell(&session.user_name, TEXT_CHARS_MAX),
        // People chose these texts; a line of a table they may not leave.
        table::cell(&by.unwrap_or_else(|| session.opened_by.clone()), TEXT_CHARS_MAX),
        session.level.clone(),
        session.id.clone(),
        table::cell(&session.reason, TEXT_CHARS_MAX),
    ]
}
