//! `smartbox webhook ping`.

use smartbox_api::DeliveryView;

use super::WebhookArgs;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Sends an event that says nothing.
pub(super) async fn run(client: &Client, args: &WebhookArgs, console: &mut Console) -> Outcome {
    let route = ["webhooks", &args.webhook, "ping"];
    let begun: DeliveryView = client.create(Route::v1(&route), &()).await?;
    if console.wants_json() {
        console.json(&begun).await?;
        return Ok(Exit::Success);
    }
    let shown = format!("smartbox webhook deliveries {}", args.webhook);
    console.say(&format!("It is on its way as {}. `{shown}` shows what came of it.", begun.event)).await;
    Ok(Exit::Success)
}
