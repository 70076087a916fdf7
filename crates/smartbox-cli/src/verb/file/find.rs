//! `smartbox file find`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{FileHit, FileSearchRequest, FileSearchResult};

use super::BoxPath;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::cell;
use crate::verb::BoxFlag;

/// Longest wait for the answer: the server looks for ten seconds, and may have others to do first.
const WITHIN: Duration = Duration::from_secs(40);
/// Longest path and line that are shown, in characters.
const SHOWN_CHARS_MAX: usize = 400;

/// Flags of `file find`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("wanted").required(true).multiple(true).args(["name", "content"]))]
pub struct FindArgs {
    /// Where to look [default: the agent's home]
    #[arg(value_name = "PATH", default_value = "", hide_default_value = true)]
    path: BoxPath,
    /// Part of the name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Part of a line in the file, exactly
    #[arg(long, value_name = "TEXT")]
    content: Option<String>,
    /// Most hits, at most 1000 [default: 100]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Prints what was found, one hit a line.
pub(super) async fn run(client: &Client, args: &FindArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let body = FileSearchRequest {
        path: (!args.path.is_home()).then(|| args.path.as_str().to_owned()),
        name: args.name.clone(),
        content: args.content.clone(),
        limit: args.limit,
    };
    let route = ["boxes", reference.as_str(), "files:search"];
    let found: FileSearchResult = client.post_json(Route::v1(&route), &body, WITHIN).await?;
    if console.wants_json() {
        console.json(&found).await?;
        return Ok(Exit::Success);
    }
    let lines: String = found.items.iter().map(line).collect();
    console.text(&lines).await?;
    if let Some(limit) = &found.limit {
        console.warn(&format!("That is not all: the search ended at its limit of {limit}.")).await;
    }
    Ok(Exit::Success)
}

fn line(hit: &FileHit) -> String {
    let path = cell(&hit.file.path, SHOWN_CHARS_MAX);
    match (hit.line, &hit.text) {
        (Some(number), Some(text)) => format!("{path}:{number}:{}\n", cell(text, SHOWN_CHARS_MAX)),
        _ => format!("{path}\n"),
    }
}
