//! `smartbox webhook set`.

use clap::Args;
use smartbox_api::{UpdateWebhook, WebhookView};

use super::list::state;
use super::webhook_id;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `webhook set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Id of the webhook (`whk_…`)
    #[arg(value_name = "WEBHOOK", value_parser = webhook_id)]
    webhook: String,
    /// Where events are sent
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Which events, such as `box.ready` or `box.*`; several times, or with commas; `*` for all
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Only events of this box; `''` for all
    #[arg(long = "box", short = 'b', value_name = "BOX")]
    about: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Switch it off, or on again: then it is sent what happens from now on
    #[arg(long, value_parser = ["on", "off"])]
    state: Option<String>,
}

/// Changes a webhook.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let update = UpdateWebhook {
        url: args.to,
        description: args.description,
        types: (!args.types.is_empty()).then_some(args.types),
        about: args.about,
        enabled: args.state.map(|state| state == "on"),
    };
    if update == UpdateWebhook::default() {
        return Err(Failure::new(Exit::Usage, "Nothing was named to change.")
            .help("`smartbox webhook set --help` lists what can be changed."));
    }
    let changed: WebhookView = client.patch(Route::v1(&["webhooks", &args.webhook]), &update).await?;
    console.say(&format!("The webhook is changed. It is {}.", state(&changed))).await;
    if console.wants_json() {
        console.json(&changed).await?;
    }
    Ok(Exit::Success)
}
