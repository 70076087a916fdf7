//! `smartbox audit verify`.

use std::path::{Path, PathBuf};

use clap::Args;
use smartbox_api::Me;

use super::chain::{Chain, Fault, Summary};
use super::file::Lines;
use super::pages::Pages;
use crate::Outcome;
use crate::args::GlobalArgs;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table;

/// Flags of `audit verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Every hash is computed here. Keep the last hash that is printed: lines that are cut off behind the \
    last one, or a log that was written anew as a whole, can only be seen by comparing with it."
)]
pub struct VerifyArgs {
    /// An exported audit log, or `-` for standard input; the platform is asked if left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The file holds only the lines of one org, so numbers may be missing in it
    #[arg(long, requires = "file")]
    partial: bool,
    /// Ask the platform only for the lines of this org, by id or name (admins of the platform only)
    #[arg(long, conflicts_with = "file")]
    org: Option<String>,
}

/// Checks the log of the platform, or a file, for which no platform is needed.
pub(super) async fn run(global: &GlobalArgs, args: &VerifyArgs, console: &mut Console) -> Outcome {
    let summary = match &args.file {
        Some(file) => of_file(file, args.partial, console).await?,
        None => {
            let client = super::super::connect(global, console).await?;
            of_platform(&client, args.org.as_deref()).await?
        }
    };
    if summary.lines == 0 {
        return Err(Failure::new(Exit::Failed, "The audit log has no line."));
    }
    if summary.unchained == summary.lines {
        let title = format!("Nothing could be checked: none of the {} lines has a hash.", summary.lines);
        return Err(Failure::new(Exit::Failed, title)
            .detail("All of them are older than the chain, or their hashes were taken out."));
    }
    if console.wants_json() {
        console.json(&summary).await?;
        return Ok(Exit::Success);
    }
    console.text(&describe(&summary)).await?;
    console.say("No line was changed.").await;
    if !summary.is_complete {
        console
            .say("Lines of others stand between them, so gaps cannot be judged: one may be missing.")
            .await;
    }
    Ok(Exit::Success)
}

/// Checks an exported log.
async fn of_file(file: &Path, is_partial: bool, console: &mut Console) -> Result<Summary, Failure> {
    let mut lines = Lines::open(file, console).await?;
    let mut chain = Chain::new(is_partial);
    while let Some(line) = lines.next().await? {
        chain.check(&line).map_err(|fault| {
            let failure = wrong(line.seq, fault, &format!(" (line {} of the file)", lines.number()));
            let may_be_partial = !is_partial && matches!(fault, Fault::Gap | Fault::Beginning);
            if may_be_partial {
                failure.help("If the file is an org's export, add --partial.")
            } else {
                failure
            }
        })?;
    }
    Ok(chain.summary())
}

/// Checks the log as the platform gives it to the caller.
async fn of_platform(client: &Client, org: Option<&str>) -> Result<Summary, Failure> {
    // Whoever acts for an org is shown that org's lines only.
    let is_partial = org.is_some() || client.get::<Me>(Route::v1(&["me"])).await?.org.is_some();
    let mut pages = Pages::new(client, org);
    let mut chain = Chain::new(is_partial);
    while let Some(lines) = pages.next().await? {
        for line in &lines {
            chain.check(line).map_err(|fault| wrong(line.seq, fault, ""))?;
        }
    }
    Ok(chain.summary())
}

fn wrong(seq: i64, fault: Fault, place: &str) -> Failure {
    Failure::new(Exit::Failed, format!("The audit log is wrong at line {seq}{place}.")).detail(fault.text())
}

fn describe(summary: &Summary) -> String {
    let number = |seq: Option<i64>| seq.map(|seq| seq.to_string()).unwrap_or_default();
    let range = format!("{} ({} to {})", summary.lines, number(summary.first), number(summary.last));
    let mut lines = vec![("Lines", range)];
    if summary.unchained > 0 {
        lines.push(("Not checked", format!("{}, older than the chain", summary.unchained)));
    }
    lines.extend(summary.last_hash.clone().map(|hash| ("Last hash", hash)));
    table::facts(&lines)
}
