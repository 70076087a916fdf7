//! `smartbox box create`.

use clap::Args;
use clap::builder::PossibleValuesParser;
use smartbox_api::{CreateBox, CreatedBox};
use smartbox_core::{BoxName, Kind};

use super::change::{WaitFlags, settle};
use crate::Outcome;
use crate::args;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::runtime::version;

/// Flags of `box create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name: 1 to 40 characters out of a-z, 0-9 and `-`
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
    /// An installed version of the agent runtime, see `smartbox runtime list` [default: the platform's own]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    runtime: Option<String>,
    /// A label, such as `stage=test`; can be given again
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = args::label)]
    labels: Vec<(String, Option<String>)>,
    /// Create it without starting it
    #[arg(long)]
    no_start: bool,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Creates a box. Its id goes to standard output.
pub(super) async fn run(client: &Client, args: CreateArgs, console: &mut Console) -> Outcome {
    let body = CreateBox {
        name: args.name.to_string(),
        kind: args.kind,
        tier: args.tier,
        org: args.org,
        start: args.no_start.then_some(false),
        runtime_version: args.runtime,
        labels: args.labels.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
    };
    let mut created: CreatedBox = client.create(Route::v1(&["boxes"]), &body).await?;
    // The id is data: whoever reads it can go on with the box even if the wait below ends badly.
    if !console.wants_json() {
        console.text(&format!("{}\n", created.smartbox.id)).await?;
    }
    let is_done =
        settle(client, console, args.waiting, &mut created.smartbox, &mut created.operation).await?;
    let name = &created.smartbox.name;
    match (is_done, args.no_start) {
        (true, false) => {
            console.say(&format!("Box `{name}` runs. Talk to it: {}", chat_line(&created))).await
        }
        (true, true) => {
            console.say(&format!("Box `{name}` is there. Start it: `smartbox box start {name}`.")).await;
        }
        (false, _) => {}
    }
    if console.wants_json() {
        console.json(&created).await?;
    }
    Ok(Exit::Success)
}

fn chat_line(created: &CreatedBox) -> String {
    let smartbox = &created.smartbox;
    let flag = if smartbox.is_default { String::new() } else { format!("--box {} ", smartbox.name) };
    format!("`smartbox chat {flag}\"hello\"`.")
}
