//! `smartbox webhook deliveries`.

use clap::Args;
use smartbox_api::{DeliveryList, DeliveryView};

use super::{standing, webhook_id};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{columns, moment};

/// Flags of `webhook deliveries`.
#[derive(Debug, Args)]
pub struct DeliveriesArgs {
    /// Id of the webhook (`whk_…`)
    #[arg(value_name = "WEBHOOK", value_parser = webhook_id)]
    webhook: String,
    /// Only those in this state
    #[arg(long, value_parser = ["waiting", "delivered", "failed"])]
    state: Option<String>,
    /// How many of the newest
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
}

/// Lists what a webhook was sent, the newest first.
pub(super) async fn run(client: &Client, args: &DeliveriesArgs, console: &mut Console) -> Outcome {
    let limit = args.limit.to_string();
    let mut query = vec![("limit", limit.as_str())];
    query.extend(args.state.as_deref().map(|state| ("state", state)));
    let route = ["webhooks", &args.webhook, "deliveries"];
    let list: DeliveryList = client.get(Route::v1(&route).query(&query)).await?;
    if console.wants_json() {
        console.json(&list).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 6]> = list.items.iter().map(row).collect();
    console.text(&columns(["EVENT", "TYPE", "CREATED", "SENT", "NEXT", "STATE"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(delivery: &DeliveryView) -> [String; 6] {
    [
        delivery.event.clone(),
        delivery.kind.clone(),
        moment(&delivery.created_at),
        delivery.attempts.to_string(),
        delivery.next_at.as_deref().map(moment).unwrap_or_default(),
        standing(delivery),
    ]
}
