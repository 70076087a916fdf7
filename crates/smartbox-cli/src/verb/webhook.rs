//! `smartbox webhook …`.

mod create;
mod deliveries;
mod list;
mod ping;
mod remove;
mod replay;
mod rotate;
mod set;
mod show;

use clap::{Args, Subcommand};
use smartbox_api::{CreatedWebhook, DeliveryView};

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::table::cell;

/// Most characters of a text that are shown.
const TEXT_MAX: usize = 60;

/// Commands about webhooks: addresses to which an org's events are sent.
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// List the webhooks of an org
    List(list::ListArgs),
    /// Create a webhook; the key of its signatures is printed, this once
    Create(create::CreateArgs),
    /// Show a webhook
    Show(WebhookArgs),
    /// Change a webhook, or switch it off and on
    Set(set::SetArgs),
    /// Remove a webhook
    Remove(WebhookArgs),
    /// Give a webhook another key, and print it; for a day, everything is signed with both
    Rotate(WebhookArgs),
    /// List what a webhook was sent
    Deliveries(deliveries::DeliveriesArgs),
    /// Send again: one event, or what did not arrive since some moment
    Replay(replay::ReplayArgs),
    /// Send an event that says nothing, to see whether it arrives
    Ping(WebhookArgs),
}

/// Which webhook.
#[derive(Debug, Args)]
pub struct WebhookArgs {
    /// Id of the webhook (`whk_…`)
    #[arg(value_name = "WEBHOOK", value_parser = webhook_id)]
    webhook: String,
}

/// Carries out a command about webhooks.
pub(super) async fn run(client: &Client, command: WebhookCommand, console: &mut Console) -> Outcome {
    match command {
        WebhookCommand::List(args) => list::run(client, &args, console).await,
        WebhookCommand::Create(args) => create::run(client, args, console).await,
        WebhookCommand::Show(args) => show::run(client, &args, console).await,
        WebhookCommand::Set(args) => set::run(client, args, console).await,
        WebhookCommand::Remove(args) => remove::run(client, &args, console).await,
        WebhookCommand::Rotate(args) => rotate::run(client, &args, console).await,
        WebhookCommand::Deliveries(args) => deliveries::run(client, &args, console).await,
        WebhookCommand::Replay(args) => replay::run(client, &args, console).await,
        WebhookCommand::Ping(args) => ping::run(client, &args, console).await,
    }
}

/// The webhook an argument names. An id is checked before anything is sent: it stands in a path.
fn webhook_id(text: &str) -> Result<String, String> {
    text.parse::<smartbox_core::WebhookId>()
        .map(|id| id.to_string())
        .map_err(|_error| "not the id of a webhook (whk_…); `smartbox webhook list` shows them".to_owned())
}

/// Prints a key, which can be read this once.
async fn print_secret(made: &CreatedWebhook, console: &mut Console) -> Outcome {
    if console.wants_json() {
        console.json(made).await?;
        return Ok(Exit::Success);
    }
    console.text(&format!("{}\n", made.secret)).await?;
    console.say(&format!("This is the only time the key of {} is shown.", made.webhook.id)).await;
    Ok(Exit::Success)
}

/// How far a delivery is, in a few words.
fn standing(delivery: &DeliveryView) -> String {
    let answer = match (delivery.status, &delivery.reason) {
        (_, Some(reason)) => format!(": {}", cell(reason, TEXT_MAX)),
        (Some(status), None) => format!(": {status}"),
        (None, None) => String::new(),
    };
    format!("{}{answer}", delivery.state)
}
