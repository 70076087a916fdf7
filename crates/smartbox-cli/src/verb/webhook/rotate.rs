//! `smartbox webhook rotate`.

use smartbox_api::CreatedWebhook;

use super::{WebhookArgs, print_secret};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;

/// Gives a webhook another key.
pub(super) async fn run(client: &Client, args: &WebhookArgs, console: &mut Console) -> Outcome {
    let made: CreatedWebhook = client.post(Route::v1(&["webhooks", &args.webhook, "rotate"])).await?;
    print_secret(&made, console).await
}
