//! `smartbox box import`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use smartbox_api::CreatedBox;
use smartbox_core::{BoxName, Kind};

use super::change::{WaitFlags, settle};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::runtime::version;

/// Flags of `box import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The archive, as `smartbox backup download` writes it
    #[arg(value_name = "FILE")]
    archive: PathBuf,
    /// Name of the new box: 1 to 40 characters out of a-z, 0-9 and `-`
    #[arg(value_name = "NAME")]
    name: BoxName,
    /// What it is for [default: pa]
    #[arg(long, value_parser = PossibleValuesParser::new(Kind::ALL.map(Kind::as_str)))]
    kind: Option<String>,
    /// Its size, one of `smartbox tier list` [default: standard-1]
    #[arg(long)]
    tier: Option<String>,
    /// The org that owns it, by id or name (admins only) [default: the first org]
    #[arg(long)]
    org: Option<String>,
    /// The version of OpenClaw that saved the state, where the archive does not say it
    #[arg(long, value_name = "VERSION", value_parser = version)]
    runtime: Option<String>,
    /// Let its channels and jobs run at once
    #[arg(long)]
    with_channels: bool,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Takes an archive to the platform. The new box's id goes to standard output.
pub(super) async fn run(client: &Client, args: ImportArgs, console: &mut Console) -> Outcome {
    let name = args.name.to_string();
    let mut query = vec![("name", name.as_str())];
    query.extend(args.kind.as_deref().map(|kind| ("kind", kind)));
    query.extend(args.tier.as_deref().map(|tier| ("tier", tier)));
    query.extend(args.org.as_deref().map(|org| ("org", org)));
    query.extend(args.runtime.as_deref().map(|version| ("runtime_version", version)));
    query.extend(args.with_channels.then_some(("channels", "on")));
    let route = Route::v1(&["imports"]).query(&query);
    let mut created: CreatedBox = client.upload(route, &args.archive).await?;
    if !console.wants_json() {
        console.text(&format!("{}\n", created.smartbox.id)).await?;
    }
    let is_done =
        settle(client, console, args.waiting, &mut created.smartbox, &mut created.operation).await?;
    if is_done {
        let smartbox = &created.smartbox;
        let channels = match &smartbox.channels {
            Some(_off) => {
                format!(" Its channels and jobs are off until `smartbox box channels on {}`.", smartbox.name)
            }
            None => String::new(),
        };
        console.say(&format!("Box `{}` runs on what was in the archive.{channels}", smartbox.name)).await;
    }
    if console.wants_json() {
        console.json(&created).await?;
    }
    Ok(Exit::Success)
}
