//! `smartbox file list`.

use clap::Args;
use smartbox_api::{FileList, FileView};

use super::{BoxPath, shown_name};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{columns, moment};
use crate::verb::{BoxFlag, size};

/// Names asked for at once; the server allows no more.
const PAGE_NAMES: &str = "1000";
/// Most pages that are read.
const PAGES_MAX: usize = 100;

/// Flags of `file list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The directory [default: the agent's home]
    #[arg(value_name = "PATH", default_value = "", hide_default_value = true)]
    path: BoxPath,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Lists a directory by name.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let route = args.path.route(reference.as_str());
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..PAGES_MAX {
        let mut query = vec![("limit", PAGE_NAMES)];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page: FileList = client.get(Route::v1(&route).query(&query)).await?;
        items.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    if console.wants_json() {
        console.json(&FileList { items, next_cursor: cursor }).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 4]> = items.iter().map(row).collect();
    console.text(&columns(["MODE", "SIZE", "CHANGED", "NAME"], &rows)).await?;
    if cursor.is_some() {
        console.warn("There is more: name a directory with less in it.").await;
    }
    Ok(Exit::Success)
}

fn row(file: &FileView) -> [String; 4] {
    let length = if file.kind == "file" { size(file.bytes) } else { String::new() };
    [file.mode.clone(), length, moment(&file.modified_at), shown_name(file)]
}
