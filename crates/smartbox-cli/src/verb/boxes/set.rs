//! `smartbox box set`.

use clap::Args;
use smartbox_api::{BoxView, EffectiveSleepView, ThresholdView, UpdateBox};

use super::BoxArgument;
use crate::Outcome;
use crate::args::{self, PolicyFlags};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `box set`.
#[derive(Debug, Args)]
#[group(id = "box_changes", required = true, multiple = true, args = ["sleep_after", "squeeze_after", "end_after", "labels"])]
pub struct SetArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
    #[command(flatten)]
    policy: PolicyFlags,
    /// Set a label, such as `stage=test`, or remove one: `stage-`; can be given again
    #[arg(long = "label", value_name = "LABEL", value_parser = args::label)]
    labels: Vec<(String, Option<String>)>,
}

/// Changes a box.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let labels = (!args.labels.is_empty()).then(|| args.labels.into_iter().collect());
    let update = UpdateBox { sleep: args.policy.update(), labels };
    let changed: BoxView = client.patch(Route::v1(&["boxes", reference.as_str()]), &update).await?;
    if let Some(effective) = &changed.sleep_after {
        console.say(&format!("Box `{}` is {}.", changed.name, told(effective))).await;
    }
    if console.wants_json() {
        console.json(&changed).await?;
    }
    Ok(Exit::Success)
}

/// When each tier of sleep begins, and who says so, on one line.
pub(crate) fn told(effective: &EffectiveSleepView) -> String {
    let one = |word: &str, threshold: &ThresholdView| {
        format!("{} ({})", args::one(word, &threshold.after), threshold.from)
    };
    let EffectiveSleepView { frozen, squeezed, stopped } = effective;
    format!("{}, {}, {}", one("frozen", frozen), one("squeezed", squeezed), one("ended", stopped))
}
