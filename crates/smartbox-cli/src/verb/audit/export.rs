//! `smartbox audit export`.

use clap::Args;

use super::pages::Pages;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `audit export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Only the lines of this org, by id or name (admins of the platform only)
    #[arg(long)]
    org: Option<String>,
}

/// Prints every line of the log as it comes.
pub(super) async fn run(client: &Client, args: &ExportArgs, console: &mut Console) -> Outcome {
    let mut pages = Pages::new(client, args.org.as_deref());
    let mut count = 0;
    while let Some(lines) = pages.next().await? {
        count += lines.len();
        let mut text = Vec::new();
        for line in &lines {
            serde_json::to_writer(&mut text, line).map_err(|error| Failure::output(&error.into()))?;
            text.push(b'\n');
        }
        console.bytes(&text).await?;
    }
    console.say(&format!("{count} lines. `smartbox audit verify FILE` checks them.")).await;
    Ok(Exit::Success)
}
