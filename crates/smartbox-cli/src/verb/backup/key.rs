//! `smartbox backup key`.

use clap::Args;
use smartbox_api::BackupKey;

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::verb::BoxFlag;

/// Flags of `backup key`.
#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Prints the key.
pub(super) async fn run(client: &Client, args: &KeyArgs, console: &mut Console) -> Outcome {
    let key = fetch(client, &args.smartbox).await?;
    if console.wants_json() {
        console.json(&key).await?;
        return Ok(Exit::Success);
    }
    console.text(&format!("{}\n", key.password)).await?;
    console.say("Whoever has this key reads everything the box has ever saved.").await;
    Ok(Exit::Success)
}

/// Address and key. That they were shown is in the audit log.
pub(super) async fn fetch(client: &Client, smartbox: &BoxFlag) -> Result<BackupKey, Failure> {
    let reference = smartbox.reference();
    client.post(Route::v1(&["boxes", reference.as_str(), "backup-key"])).await
}
