//! `smartbox tier set`.

use clap::Args;
use smartbox_api::{SleepPolicyView, UpdateTier};

use crate::Outcome;
use crate::args::{PolicyFlags, told};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `tier set`.
#[derive(Debug, Args)]
#[group(id = "tier_changes", required = true, multiple = true, args = ["sleep_after", "squeeze_after", "end_after"])]
pub struct SetArgs {
    /// Its name
    #[arg(value_name = "TIER")]
    tier: String,
    #[command(flatten)]
    policy: PolicyFlags,
}

/// Changes a tier.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let tier = args.tier.as_str();
    if matches!(tier, "" | "." | "..") {
        return Err(Failure::new(Exit::Usage, "This is no tier's name."));
    }
    let update = UpdateTier { sleep: args.policy.update().unwrap_or_default() };
    let policy: SleepPolicyView = client.patch(Route::v1(&["tiers", tier]), &update).await?;
    console.say(&format!("Boxes of `{tier}` are {}.", told(&policy))).await;
    if console.wants_json() {
        console.json(&policy).await?;
    }
    Ok(Exit::Success)
}
