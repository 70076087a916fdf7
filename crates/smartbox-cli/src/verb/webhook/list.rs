//! `smartbox webhook list`.

use clap::Args;
use smartbox_api::{WebhookList, WebhookView};

use super::TEXT_MAX;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, columns, moment};

/// Flags of `webhook list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The org, by id or name (admins of the platform only)
    #[arg(long)]
    org: Option<String>,
}

/// Lists the webhooks of an org.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let query: Vec<_> = args.org.as_deref().map(|org| ("org", org)).into_iter().collect();
    let list: WebhookList = client.get(Route::v1(&["webhooks"]).query(&query)).await?;
    if console.wants_json() {
        console.json(&list).await?;
        return Ok(Exit::Success);
    }
    if list.items.is_empty() {
        console.say("No webhooks. Create one: `smartbox webhook create https://…`.").await;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 5]> = list.items.iter().map(row).collect();
    console.text(&columns(["ID", "TO", "TYPES", "STATE", "DELIVERED"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(webhook: &WebhookView) -> [String; 5] {
    [
        webhook.id.clone(),
        cell(to(&webhook.url), TEXT_MAX),
        types(webhook),
        state(webhook),
        webhook.delivered_at.as_deref().map_or_else(|| "never".to_owned(), moment),
    ]
}

/// An address without its query, which often is a key.
fn to(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

pub(super) fn types(webhook: &WebhookView) -> String {
    if webhook.types.is_empty() { "all".to_owned() } else { cell(&webhook.types.join(","), TEXT_MAX) }
}

pub(super) fn state(webhook: &WebhookView) -> String {
    match (webhook.enabled, &webhook.disabled_reason, &webhook.failing_since) {
        (false, Some(why), _) => format!("off: {}", cell(why, TEXT_MAX)),
        (false, None, _) => "off".to_owned(),
        (true, _, Some(since)) => format!("failing since {}", moment(since)),
        (true, _, None) => "on".to_owned(),
    }
}
