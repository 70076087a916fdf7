//! `smartbox webhook replay`.

use clap::Args;
use smartbox_api::{DeliveryView, ReplayWebhook, WebhookReplayed};

use super::webhook_id;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `webhook replay`.
#[derive(Debug, Args)]
#[group(id = "replay_what", required = true, multiple = false, args = ["event", "since"])]
pub struct ReplayArgs {
    /// Id of the webhook (`whk_…`)
    #[arg(value_name = "WEBHOOK", value_parser = webhook_id)]
    webhook: String,
    /// The event (`evt_…`), whatever came of it before
    #[arg(long, value_name = "EVENT", value_parser = event_id)]
    event: Option<String>,
    /// What did not arrive since this moment, such as `2026-01-31T09:00:00Z`
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

/// Sends something again.
pub(super) async fn run(client: &Client, args: &ReplayArgs, console: &mut Console) -> Outcome {
    if let Some(event) = &args.event {
        let route = ["webhooks", &args.webhook, "deliveries", event, "replay"];
        let begun: DeliveryView = client.create(Route::v1(&route), &()).await?;
        console.say("It is sent again.").await;
        if console.wants_json() {
            console.json(&begun).await?;
        }
        return Ok(Exit::Success);
    }
    let body = ReplayWebhook { since: args.since.clone().unwrap_or_default() };
    let route = ["webhooks", &args.webhook, "replay"];
    let replayed: WebhookReplayed = client.create(Route::v1(&route), &body).await?;
    console
        .say(&format!(
            "{} that were given up are sent again, and what was not sent at all follows.",
            replayed.deliveries
        ))
        .await;
    if console.wants_json() {
        console.json(&replayed).await?;
    }
    Ok(Exit::Success)
}

/// The event an argument names. It stands in a path.
fn event_id(text: &str) -> Result<String, String> {
    text.parse::<smartbox_core::EventId>()
        .map(|id| id.to_string())
        .map_err(|_error| "not the id of an event (evt_…)".to_owned())
}
