//! `smartbox webhook remove`.

use super::WebhookArgs;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Removes a webhook.
pub(super) async fn run(client: &Client, args: &WebhookArgs, console: &mut Console) -> Outcome {
    client.remove(Route::v1(&["webhooks", &args.webhook])).await?;
    console.say("The webhook is gone.").await;
    Ok(Exit::Success)
}
