//! `smartbox events`.

use std::time::Duration;

use clap::Args;
use smartbox_api::EventMessage;
use tokio::time::sleep;

use crate::Outcome;
use crate::args::BoxReference;
use crate::client::sse::Event;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{cell, moment};

/// Attempts to go on with a stream that broke, without an event in between.
const RECONNECTS_MAX: u32 = 60;
/// Pause before each.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);
/// Name of the event that ends a stream that is not followed.
const END: &str = "end";
/// Most characters of a sentence that are shown.
const REASON_MAX: usize = 200;

/// Flags of `events`.
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Only events of these types, such as `box.ready` or `box.*`; several times, or with commas
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Only events of this box
    #[arg(long = "box", short = 'b', value_name = "BOX")]
    about: Option<BoxReference>,
    /// Begin with what happened at this moment, such as `2026-01-31T09:00:00Z`, within the last 24 hours
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// End with the newest, in the place of waiting for more
    #[arg(long, requires = "since")]
    no_follow: bool,
    /// The org, by id or name (admins of the platform only, who see all orgs without)
    #[arg(long)]
    org: Option<String>,
}

/// Prints what happens. It goes on after the platform was restarted, and misses nothing.
pub(super) async fn run(client: &Client, args: &EventsArgs, console: &mut Console) -> Outcome {
    let mut last = String::new();
    let mut attempts = 0;
    loop {
        let before = last.clone();
        let failure = match stream(client, args, console, &mut last).await {
            Ok(None) => return Ok(Exit::Success),
            Ok(Some(failure)) => failure,
            Err(failure) if attempts > 0 && failure.is_passing() => failure,
            Err(failure) => return Err(failure),
        };
        attempts = if last == before { attempts + 1 } else { 1 };
        if attempts > RECONNECTS_MAX {
            return Err(failure);
        }
        if attempts == 1 {
            console.say("The connection was lost; following again.").await;
        }
        sleep(RECONNECT_PAUSE).await;
    }
}

/// Prints one stream, and keeps the id of its last event. Returns how it broke, or nothing at its end.
async fn stream(
    client: &Client,
    args: &EventsArgs,
    console: &mut Console,
    last: &mut String,
) -> Result<Option<Failure>, Failure> {
    let types = args.types.join(",");
    let about = args.about.as_ref().map(ToString::to_string);
    let mut query = vec![("follow", if args.no_follow { "false" } else { "true" })];
    query.extend(Some(types.as_str()).filter(|types| !types.is_empty()).map(|types| ("type", types)));
    query.extend(about.as_deref().map(|about| ("box", about)));
    query.extend(args.since.as_deref().map(|since| ("since", since)));
    query.extend(args.org.as_deref().map(|org| ("org", org)));
    let behind = Some(last.clone()).filter(|last| !last.is_empty());
    let mut events = client.events(Route::v1(&["events"]).query(&query), behind.as_deref()).await?;
    loop {
        match events.next().await {
            Ok(Some(event)) if event.name == END => return Ok(None),
            Ok(Some(event)) => {
                print(console, &event).await?;
                *last = event.id;
            }
            Ok(None) => {
                return Ok(Some(Failure::new(Exit::Unavailable, "The stream of events broke off.")));
            }
            Err(failure) if failure.is_passing() => return Ok(Some(failure)),
            Err(failure) => return Err(failure),
        }
    }
}

async fn print(console: &mut Console, event: &Event) -> Result<(), Failure> {
    let Ok(message) = serde_json::from_str::<EventMessage>(&event.data) else {
        // A newer platform may tell what this program does not know.
        return console.text(&format!("{}\n", event.data)).await;
    };
    if console.wants_json() {
        return console.json(&message).await;
    }
    let about = message.box_id.as_deref().or(message.org.as_deref()).unwrap_or("platform");
    let reason = cell(&message.reason, REASON_MAX);
    console
        .text(&format!(
            "{}  {}  {about}  {}: {reason}\n",
            moment(&message.timestamp),
            message.kind,
            message.actor
        ))
        .await
}
