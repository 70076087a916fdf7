//! `smartbox webhook show`.

use smartbox_api::WebhookView;

use super::list::{state, types};
use super::{TEXT_MAX, WebhookArgs};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, facts, moment};

/// Longest address.
const URL_MAX: usize = 2048;

/// Shows a webhook.
pub(super) async fn run(client: &Client, args: &WebhookArgs, console: &mut Console) -> Outcome {
    let webhook: WebhookView = client.get(Route::v1(&["webhooks", &args.webhook])).await?;
    if console.wants_json() {
        console.json(&webhook).await?;
        return Ok(Exit::Success);
    }
    let about = webhook.box_id.clone().unwrap_or_else(|| "all, and what is about none".to_owned());
    let lines = [
        ("id", webhook.id.clone()),
        ("to", cell(&webhook.url, URL_MAX)),
        ("description", cell(&webhook.description, TEXT_MAX)),
        ("types", types(&webhook)),
        ("boxes", about),
        ("state", state(&webhook)),
        ("delivered", webhook.delivered_at.as_deref().map_or_else(|| "never".to_owned(), moment)),
        ("created", format!("{} by {}", moment(&webhook.created_at), webhook.created_by)),
    ];
    console.text(&facts(&lines)).await?;
    Ok(Exit::Success)
}
