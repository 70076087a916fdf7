//! `smartbox box clone`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{ChannelsWord, CloneBox, CreatedBox};
use smartbox_core::BoxName;

use super::change::{WaitFlags, settle};
use crate::Outcome;
use crate::args::BoxReference;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::backup::backup_id;

/// The platform makes a backup first, for which it takes a minute at most.
const TIMEOUT: Duration = Duration::from_secs(75);

/// Flags of `box clone`.
#[derive(Debug, Args)]
pub struct CloneArgs {
    /// Name or id of the box that is copied
    #[arg(value_name = "BOX")]
    reference: BoxReference,
    /// Name of the new box: 1 to 40 characters out of a-z, 0-9 and `-`
    #[arg(value_name = "NAME")]
    name: BoxName,
    /// The backup that it begins with (`bkp_…`) [default: the newest, made now if something has changed]
    #[arg(long, value_name = "BACKUP", value_parser = backup_id)]
    backup: Option<String>,
    /// The org that owns it, by id or name (admins only) [default: that of the other box]
    #[arg(long)]
    org: Option<String>,
    /// Let its channels and jobs run at once, beside those of the other box
    #[arg(long)]
    with_channels: bool,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Clones a box. The new one's id goes to standard output.
pub(super) async fn run(client: &Client, args: CloneArgs, console: &mut Console) -> Outcome {
    let body = CloneBox {
        name: args.name.to_string(),
        backup: args.backup,
        org: args.org,
        channels: if args.with_channels { ChannelsWord::On } else { ChannelsWord::Off },
    };
    let route = ["boxes", args.reference.as_str(), "clone"];
    let mut created: CreatedBox = client.create_within(Route::v1(&route), &body, TIMEOUT).await?;
    if !console.wants_json() {
        console.text(&format!("{}\n", created.smartbox.id)).await?;
    }
    let is_done =
        settle(client, console, args.waiting, &mut created.smartbox, &mut created.operation).await?;
    if is_done {
        let smartbox = &created.smartbox;
        let name = &smartbox.name;
        let channels = match &smartbox.channels {
            Some(_off) => format!(" Its channels and jobs are off until `smartbox box channels on {name}`."),
            None => String::new(),
        };
        console.say(&format!("Box `{name}` runs on a copy of the state.{channels}")).await;
    }
    if console.wants_json() {
        console.json(&created).await?;
    }
    Ok(Exit::Success)
}
