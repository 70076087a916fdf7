//! `smartbox org set`.

use clap::Args;
use smartbox_api::{OrgView, UpdateOrg};

use super::{name_it, reference};
use crate::Outcome;
use crate::args::{PolicyFlags, told};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `org set`.
#[derive(Debug, Args)]
#[group(
    id = "org_changes",
    required = true,
    multiple = true,
    args = ["pairing", "sleep_after", "squeeze_after", "end_after"]
)]
pub struct SetArgs {
    /// Its name or id; your own if left out. The platform's admin has none and names one
    #[arg(value_name = "ORG")]
    org: Option<String>,
    /// Devices that come for the first time: wait for approval, are approved by signing in, or are not asked for
    #[arg(long, value_parser = ["manual", "auto", "off"])]
    pairing: Option<String>,
    #[command(flatten)]
    policy: PolicyFlags,
}

/// Changes an org.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let org = reference(args.org.as_deref())?;
    let update = UpdateOrg { pairing: args.pairing.clone(), sleep: args.policy.update() };
    let changed = client.patch::<OrgView>(Route::v1(&["orgs", org]), &update).await;
    let changed = changed.map_err(|failure| name_it(failure, args.org.as_deref(), "set"))?;
    if update.pairing.is_some() {
        console.say(&format!("Pairing of devices in `{}` is {} now.", changed.name, changed.pairing)).await;
    }
    if let Some(policy) = changed.sleep_policy.as_ref().filter(|_| update.sleep.is_some()) {
        console.say(&format!("Boxes of `{}` are {}.", changed.name, told(policy))).await;
    }
    if console.wants_json() {
        console.json(&changed).await?;
    }
    Ok(Exit::Success)
}
