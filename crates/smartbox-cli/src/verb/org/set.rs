//! `smartbox org set`.

use clap::Args;
use smartbox_api::{OrgView, UpdateOrg};

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// What stands for the caller's own org in a path.
const OWN: &str = "me";

/// Flags of `org set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Its name or id; your own if left out. The platform's admin has none and names one
    #[arg(value_name = "ORG")]
    org: Option<String>,
    /// Devices that come for the first time: wait for approval, are approved by signing in, or are not asked for
    #[arg(long, value_parser = ["manual", "auto", "off"], required = true)]
    pairing: String,
}

/// Changes an org.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let org = args.org.as_deref().unwrap_or(OWN);
    if matches!(org, "" | "." | "..") {
        return Err(Failure::new(Exit::Usage, "This is neither an org's name nor its id (org_…)."));
    }
    let update = UpdateOrg { pairing: args.pairing };
    let changed = client.patch::<OrgView>(Route::v1(&["orgs", org]), &update).await;
    let changed = changed.map_err(|failure| match failure.exit() {
        Exit::NotFound if args.org.is_none() => {
            failure.help("Name the org: `smartbox org set ORG`. `smartbox org list` shows every one.")
        }
        _ => failure,
    })?;
    console.say(&format!("Pairing of devices in `{}` is {} now.", changed.name, changed.pairing)).await;
    if console.wants_json() {
        console.json(&changed).await?;
    }
    Ok(Exit::Success)
}
