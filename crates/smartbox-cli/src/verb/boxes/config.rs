//! `smartbox box config …`.

mod history;
mod patch;
mod reload;
mod rollback;
mod set;
mod show;

use std::path::Path;

use clap::Subcommand;
use serde_json::{Map, Value};
use smartbox_api::ConfigChangeView;

use super::change::{WaitFlags, settle};
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Largest document that is read, in bytes.
const DOCUMENT_BYTES_MAX: u64 = 1024 * 1024;

/// Commands about what you add to the configuration of a box.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show what you added, or what the gateway is given
    Show(show::ShowArgs),
    /// Replace what you added, and wait until the gateway is well with it, or has the old one back
    Set(set::SetArgs),
    /// Change a part of what you added (RFC 7396), and wait until the gateway is well with it
    Patch(patch::PatchArgs),
    /// List the versions that are kept
    History(history::HistoryArgs),
    /// Go back to an earlier version
    Rollback(rollback::RollbackArgs),
    /// Give the gateway its configuration again
    Reload(reload::ReloadArgs),
}

/// Carries out a command about configurations.
pub(super) async fn run(client: &Client, command: ConfigCommand, console: &mut Console) -> Outcome {
    match command {
        ConfigCommand::Show(args) => show::run(client, &args, console).await,
        ConfigCommand::Set(args) => set::run(client, &args, console).await,
        ConfigCommand::Patch(args) => patch::run(client, &args, console).await,
        ConfigCommand::History(args) => history::run(client, &args, console).await,
        ConfigCommand::Rollback(args) => rollback::run(client, &args, console).await,
        ConfigCommand::Reload(args) => reload::run(client, &args, console).await,
    }
}

/// The document in a file, or on standard input for `-`. A file that cannot be read is a failure, never an empty document.
pub(crate) async fn document(path: &Path, console: &mut Console) -> Result<Map<String, Value>, Failure> {
    let (name, text) = if path == Path::new("-") {
        ("standard input".to_owned(), console.read_text(DOCUMENT_BYTES_MAX).await?)
    } else {
        let cannot = |why: String| {
            Failure::new(Exit::Usage, format!("The file {} cannot be read: {why}.", path.display()))
        };
        let size = tokio::fs::metadata(path).await.map_err(|error| cannot(error.to_string()))?.len();
        if size > DOCUMENT_BYTES_MAX {
            return Err(cannot(format!("it is larger than {DOCUMENT_BYTES_MAX} bytes")));
        }
        let text = tokio::fs::read_to_string(path).await.map_err(|error| cannot(error.to_string()))?;
        (format!("the file {}", path.display()), text)
    };
    serde_json::from_str(&text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Failure::new(Exit::Usage, format!("What is in {name} is not a JSON object ({place})."))
    })
}

/// Waits for a change and tells what came of it.
async fn follow(
    client: &Client,
    waiting: WaitFlags,
    mut changed: ConfigChangeView,
    console: &mut Console,
) -> Outcome {
    let (name, version) = (changed.smartbox.name.clone(), changed.config.version);
    match &mut changed.operation {
        Some(operation) => {
            if settle(client, console, waiting, &mut changed.smartbox, operation).await? {
                console
                    .say(&format!("Box `{name}` is well with version {version} of its configuration."))
                    .await;
            }
        }
        None if changed.applies == "unchanged" => {
            console.say(&format!("Nothing was changed: that is version {version} already.")).await;
        }
        None => {
            console.say(&format!("Version {version} is kept. Box `{name}` gets it at its next start.")).await;
        }
    }
    if console.wants_json() {
        console.json(&changed).await?;
    }
    Ok(Exit::Success)
}
