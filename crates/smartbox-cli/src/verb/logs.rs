//! `smartbox logs`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::time::sleep;

use super::BoxFlag;
use crate::Outcome;
use crate::client::sse::Event;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Attempts to go on with a followed log whose stream broke, without a line in between.
const RECONNECTS_MAX: u32 = 60;
/// Pause before each.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);
/// Name of the event that ends a log that is not followed.
const END: &str = "end";

/// Flags of `logs`.
#[derive(Debug, Args)]
pub struct LogsArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
    /// Go on with new lines as they come, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// How many of the last lines to begin with
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    tail: u32,
    /// Which log: the gateway's; that of boxd, which starts and watches it; what the platform did with the box; what the box talked to
    /// and was refused; commands that were run in it
    #[arg(long, value_enum, default_value_t = Source::Gateway)]
    source: Source,
    /// Only lines that hold this text, whatever the case of its letters
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only lines from this moment on, such as `2026-01-31T09:00:00Z`
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only lines before this moment
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

/// Whose log.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Source {
    Gateway,
    Boxd,
    System,
    Egress,
    Ssh,
}

impl Source {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Boxd => "boxd",
            Self::System => "system",
            Self::Egress => "egress",
            Self::Ssh => "ssh",
        }
    }
}

/// One line of a log with `--json`.
#[derive(Serialize)]
struct Line<'a> {
    line: &'a str,
    /// Position behind it, where the server told one: following can go on there.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<&'a str>,
}

/// How a stream of log lines came to its end.
enum End {
    /// The log has no more lines.
    Complete,
    /// The stream broke.
    Broken(Failure),
}

/// Prints a log. A followed log goes on after the platform was restarted.
pub(super) async fn run(client: &Client, args: &LogsArgs, console: &mut Console) -> Outcome {
    let mut position = String::new();
    let mut attempts = 0;
    loop {
        let before = position.clone();
        let ended = stream(client, args, console, &mut position).await;
        let failure = match ended {
            Ok(End::Complete) => return Ok(Exit::Success),
            Ok(End::Broken(failure)) if args.follow => failure,
            // The platform is away after it was there: it may be restarting.
            Err(failure) if args.follow && attempts > 0 && failure.is_passing() => failure,
            Ok(End::Broken(failure)) | Err(failure) => return Err(failure),
        };
        attempts = if position == before { attempts + 1 } else { 1 };
        if attempts > RECONNECTS_MAX {
            return Err(failure);
        }
        if attempts == 1 {
            console.say("The connection was lost; following again.").await;
        }
        sleep(RECONNECT_PAUSE).await;
    }
}

/// Prints the lines of one stream, and keeps the position of the last.
async fn stream(
    client: &Client,
    args: &LogsArgs,
    console: &mut Console,
    position: &mut String,
) -> Result<End, Failure> {
    let reference = args.smartbox.reference();
    let segments = ["boxes", reference.as_str(), "logs"];
    let tail = args.tail.to_string();
    let follow = if args.follow { "true" } else { "false" };
    let mut query = vec![("tail", tail.as_str()), ("follow", follow), ("source", args.source.as_str())];
    query.extend(args.search.as_deref().map(|text| ("search", text)));
    query.extend(args.since.as_deref().map(|since| ("since", since)));
    query.extend(args.until.as_deref().map(|until| ("until", until)));
    let last = Some(position.clone()).filter(|last| !last.is_empty());
    let mut events = client.events(Route::v1(&segments).query(&query), last.as_deref()).await?;
    loop {
        match events.next().await {
            Ok(Some(event)) if event.name == END => return Ok(End::Complete),
            Ok(Some(event)) => {
                let is_told = event.id != *position;
                print(console, &event, is_told).await?;
                *position = event.id;
            }
            Ok(None) => {
                let lost = Failure::new(Exit::Unavailable, "The log broke off before its end.");
                return Ok(End::Broken(lost.help("Ask for it again.")));
            }
            Err(failure) if failure.is_passing() => return Ok(End::Broken(failure)),
            Err(failure) => return Err(failure),
        }
    }
}

async fn print(console: &mut Console, event: &Event, has_position: bool) -> Result<(), Failure> {
    if console.wants_json() {
        return console
            .json(&Line { line: &event.data, position: has_position.then_some(event.id.as_str()) })
            .await;
    }
    console.text(&format!("{}\n", event.data)).await
}
