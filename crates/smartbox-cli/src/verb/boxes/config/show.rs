//! `smartbox box config show`.

use clap::Args;
use smartbox_api::ConfigView;

use super::super::BoxArgument;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `box config show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
    /// What the gateway is given, with everything that is the platform's
    #[arg(long)]
    effective: bool,
}

/// Shows a configuration. What it prints can be edited and set again: secrets stay as they are.
pub(super) async fn run(client: &Client, args: &ShowArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let view: ConfigView = client.get(Route::v1(&["boxes", reference.as_str(), "config"])).await?;
    if console.wants_json() {
        console.json(&view).await?;
        return Ok(Exit::Success);
    }
    let document = serde_json::Value::Object(if args.effective { view.effective } else { view.config });
    console.text(&format!("{document:#}\n")).await?;
    let stage = view.stage.map(|stage| format!(" ({stage})")).unwrap_or_default();
    console.say(&format!("Version {}{stage}.", view.version)).await;
    Ok(Exit::Success)
}
