//! `smartbox org show`.

use clap::Args;
use smartbox_api::{HoldList, OrgView};

use super::reference;
use crate::Outcome;
use crate::args::told;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, facts, moment};

/// Most characters of a reason that are shown.
const REASON_MAX: usize = 500;

/// Flags of `org show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Its name or id; your own if left out. The platform's admin has none and names one
    #[arg(value_name = "ORG")]
    org: Option<String>,
}

/// Shows an org, how its boxes sleep, and what keeps them from waking.
pub(super) async fn run(client: &Client, args: &ShowArgs, console: &mut Console) -> Outcome {
    let org = reference(args.org.as_deref())?;
    let found = client.get::<OrgView>(Route::v1(&["orgs", org])).await;
    let found = found.map_err(|failure| super::name_it(failure, args.org.as_deref(), "show"))?;
    let holds: HoldList = client.get(Route::v1(&["orgs", &found.id, "holds"])).await?;
    if console.wants_json() {
        console.json(&serde_json::json!({ "org": found, "holds": holds.items })).await?;
        return Ok(Exit::Success);
    }
    let mut lines = vec![
        ("Name", found.name.clone()),
        ("Id", found.id.clone()),
        ("Owner", found.owner.clone()),
        ("Pairing", found.pairing.clone()),
        ("Created", moment(&found.created_at)),
    ];
    lines.extend(found.sleep_policy.as_ref().map(|policy| ("Boxes sleep", told(policy))));
    lines.extend(found.time_zone.as_ref().map(|zone| ("Calendar", zone.clone())));
    if found.time_zone.is_some() {
        lines.push(("Plan", found.plan.clone().unwrap_or_else(|| "the default".to_owned())));
    }
    for hold in &holds.items {
        let reason = cell(&hold.reason, REASON_MAX);
        lines.push(("Held", format!("{} since {}: {reason}", hold.kind, moment(&hold.since))));
    }
    if holds.items.is_empty() {
        lines.push(("Held", "no; its boxes may wake".to_owned()));
    }
    console.text(&facts(&lines)).await?;
    Ok(Exit::Success)
}
