//! `smartbox webhook create`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{CreateWebhook, CreatedWebhook};

use super::print_secret;
use crate::Outcome;
use crate::args::BoxReference;
use crate::client::{Client, Route};
use crate::console::Console;

/// Longest time for the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Flags of `webhook create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Where events are sent
    #[arg(value_name = "URL")]
    url: String,
    /// Which events, such as `box.ready` or `box.*`; several times, or with commas [default: all]
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Only events of this box
    #[arg(long = "box", short = 'b', value_name = "BOX")]
    about: Option<BoxReference>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The org, by id or name (admins of the platform only)
    #[arg(long)]
    org: Option<String>,
}

/// Creates a webhook. Its key goes to standard output: it is the one thing that cannot be read later.
pub(super) async fn run(client: &Client, args: CreateArgs, console: &mut Console) -> Outcome {
    let body = CreateWebhook {
        url: args.url,
        description: args.description,
        types: (!args.types.is_empty()).then_some(args.types),
        about: args.about.map(|about| about.to_string()),
        org: args.org,
        ..CreateWebhook::default()
    };
    // Not sent again if the answer is lost: the platform shows a key once.
    let sent = client.post_json::<CreatedWebhook>(Route::v1(&["webhooks"]), &body, REQUEST_TIMEOUT).await;
    let made = sent.map_err(|failure| {
        if !failure.is_passing() {
            return failure;
        }
        failure.help_if_none("If it was created all the same, `smartbox webhook list` shows it: remove it.")
    })?;
    print_secret(&made, console).await
}
