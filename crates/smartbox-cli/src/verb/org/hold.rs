//! `smartbox org hold` and `release`.

use clap::Args;
use clap::builder::PossibleValuesParser;
use smartbox_api::{HoldOrg, HoldView};
use smartbox_core::wake::HoldKind;

use super::reference;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `org hold`.
#[derive(Debug, Args)]
pub struct HoldArgs {
    /// Its name or id
    #[arg(value_name = "ORG")]
    org: String,
    /// What for
    #[arg(value_name = "KIND", value_parser = kinds())]
    kind: String,
    /// Why, for the people of the org
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Flags of `org release`.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// Its name or id
    #[arg(value_name = "ORG")]
    org: String,
    /// Which hold
    #[arg(value_name = "KIND", value_parser = kinds())]
    kind: String,
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(HoldKind::ALL.map(HoldKind::as_str))
}

/// Keeps the boxes of an org from waking.
pub(super) async fn run(client: &Client, args: HoldArgs, console: &mut Console) -> Outcome {
    let org = reference(Some(&args.org))?;
    let route = ["orgs", org, "holds", &args.kind];
    let hold: HoldView = client.put_json(Route::v1(&route), &HoldOrg { reason: args.reason }).await?;
    console.say(&format!("No box of `{org}` wakes any more ({}). What runs goes on.", hold.kind)).await;
    if console.wants_json() {
        console.json(&hold).await?;
    }
    Ok(Exit::Success)
}

/// Takes a hold away.
pub(super) async fn release(client: &Client, args: &ReleaseArgs, console: &mut Console) -> Outcome {
    let org = reference(Some(&args.org))?;
    client.remove(Route::v1(&["orgs", org, "holds", &args.kind])).await?;
    console.say(&format!("The hold `{}` of `{org}` is gone.", args.kind)).await;
    Ok(Exit::Success)
}
