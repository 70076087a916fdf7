//! `smartbox command list`.

use clap::Args;
use smartbox_api::{ExecList, ExecView};

use super::state;
use crate::Outcome;
use crate::client::{Client, PAGE_ITEMS, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, columns, moment};
use crate::verb::BoxFlag;

/// How much of a command's words is shown, in characters.
const ARGV_CHARS_MAX: usize = 60;

/// Flags of `command list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Lists the commands of a box, the newest first. A page holds all that are kept.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "exec"];
    let list: ExecList = client.get(Route::v1(&route).query(&[("limit", PAGE_ITEMS)])).await?;
    if console.wants_json() {
        console.json(&list).await?;
        return Ok(Exit::Success);
    }
    if list.items.is_empty() {
        console.say("No commands: none runs by itself, and none ended within a day.").await;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 4]> = list.items.iter().map(row).collect();
    console.text(&columns(["ID", "BEGUN", "STATE", "COMMAND"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(exec: &ExecView) -> [String; 4] {
    [exec.id.clone(), moment(&exec.created_at), state(exec), cell(&exec.argv.join(" "), ARGV_CHARS_MAX)]
}
