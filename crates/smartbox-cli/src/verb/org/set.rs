//! `smartbox org set`.

use clap::Args;
use smartbox_api::{OrgView, UpdateOrg};

use super::{name_it, reference};
use crate::Outcome;
use crate::args::{PolicyFlags, dollars, money, told};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `org set`.
#[derive(Debug, Args)]
#[group(
    id = "org_changes",
    required = true,
    multiple = true,
    args = ["pairing", "sleep_after", "squeeze_after", "end_after", "plan", "time_zone", "overage"]
)]
pub struct SetArgs {
    /// Its name or id; your own if left out. The platform's admin has none and names one
    #[arg(value_name = "ORG")]
    org: Option<String>,
    /// Devices that come for the first time: wait for approval, are approved by signing in, or are not asked for
    #[arg(long, value_parser = ["manual", "auto", "off"])]
    pairing: Option<String>,
    /// Another plan; empty for the default one. Only the platform's admin may
    #[arg(long, value_name = "PLAN")]
    plan: Option<String>,
    /// Where its days and months begin, such as `Europe/Berlin`; only its owners may
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// What it pays at most for overage in a month, in dollars; only its owners may
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    overage: Option<u64>,
    #[command(flatten)]
    policy: PolicyFlags,
}

/// Changes an org.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let org = reference(args.org.as_deref())?;
    let update = UpdateOrg {
        pairing: args.pairing.clone(),
        sleep: args.policy.update(),
        plan: args.plan,
        time_zone: args.time_zone,
        overage_budget_nanos: args.overage,
    };
    let changed = client.patch::<OrgView>(Route::v1(&["orgs", org]), &update).await;
    let changed = changed.map_err(|failure| name_it(failure, args.org.as_deref(), "set"))?;
    if update.pairing.is_some() {
        console.say(&format!("Pairing of devices in `{}` is {} now.", changed.name, changed.pairing)).await;
    }
    if let Some(policy) = changed.sleep_policy.as_ref().filter(|_| update.sleep.is_some()) {
        console.say(&format!("Boxes of `{}` are {}.", changed.name, told(policy))).await;
    }
    let of_plan =
        update.plan.is_some() || update.time_zone.is_some() || update.overage_budget_nanos.is_some();
    if of_plan {
        let plan = changed.plan.as_deref().unwrap_or("the default");
        let zone = changed.time_zone.as_deref().unwrap_or("UTC");
        let overage = money(changed.overage_budget_nanos.unwrap_or(0));
        console
            .say(&format!(
                "`{}` has {plan} plan, days of {zone}, and {overage} a month for overage.",
                changed.name
            ))
            .await;
    }
    if console.wants_json() {
        console.json(&changed).await?;
    }
    Ok(Exit::Success)
}
