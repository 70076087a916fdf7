//! `smartbox support open`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{OpenSupport, OpenedSupport};

use crate::Outcome;
use crate::args::UserReference;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Longest time for the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Flags of `support open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// The person, by name or id
    #[arg(value_name = "USER")]
    user: UserReference,
    /// Why; the person reads it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Work with boxes, too, instead of only looking
    #[arg(long)]
    act: bool,
    /// Minutes until it ends by itself [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=240))]
    minutes: Option<u32>,
    /// What you call yourself; the person reads it
    #[arg(long = "as", value_name = "NAME")]
    operator: Option<String>,
    /// The org of the person, by id or name [default: the first org]
    #[arg(long)]
    org: Option<String>,
}

/// Opens support access. The credential goes to standard output: it is the one thing that cannot be read later.
pub(super) async fn run(client: &Client, args: OpenArgs, console: &mut Console) -> Outcome {
    let body = OpenSupport {
        user: args.user.as_str().to_owned(),
        org: args.org,
        reason: args.reason,
        level: args.act.then(|| "act".to_owned()),
        minutes: args.minutes,
        operator: args.operator,
    };
    // Not sent again if the answer is lost: the platform could not tell a second time what it keeps the hash of.
    let sent =
        client.post_json::<OpenedSupport>(Route::v1(&["support-sessions"]), &body, REQUEST_TIMEOUT).await;
    let opened = sent.map_err(|failure| {
        if !failure.is_passing() {
            return failure;
        }
        failure
            .help_if_none("If it was opened all the same, `smartbox support list --open` shows it: end it.")
    })?;
    if console.wants_json() {
        console.json(&opened).await?;
        return Ok(Exit::Success);
    }
    console.text(&format!("{}\n", opened.token)).await?;
    let session = &opened.session;
    let until = table::moment(&session.expires_at);
    console
        .say(&format!(
            "You act in the name of `{}` until {until}, or until `smartbox support end {}`. They see it, and why.",
            session.user_name, session.id
        ))
        .await;
    // It holds the credential, as standard output does; it is talk, so that what reads the output gets the credential alone.
    console.say(&format!("In a browser: {}", opened.link)).await;
    console.say("On this command line: put it into SMARTBOX_TOKEN.").await;
    Ok(Exit::Success)
}
