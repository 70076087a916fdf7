//! `smartbox egress show`.

use std::fmt::Write as _;

use clap::Args;
use smartbox_api::EgressView;

use super::BoxFlag;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `egress show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Shows every layer of rules.
pub(super) async fn run(client: &Client, args: &ShowArgs, console: &mut Console) -> Outcome {
    let view = fetch(client, &args.smartbox).await?;
    if console.wants_json() {
        console.json(&view).await?;
        return Ok(Exit::Success);
    }
    console.text(&describe(&view)).await?;
    Ok(Exit::Success)
}

/// The rules of a box.
pub(super) async fn fetch(client: &Client, smartbox: &BoxFlag) -> Result<EgressView, Failure> {
    let reference = smartbox.reference();
    client.get(Route::v1(&["boxes", reference.as_str(), "egress"])).await
}

/// The rules in words, those of the box with their numbers.
pub(super) fn describe(view: &EgressView) -> String {
    let mut text = String::new();
    for (layer, rules) in [("platform", &view.platform_rules), ("org", &view.org_rules), ("box", &view.rules)]
    {
        let _ = writeln!(text, "Rules of the {layer}:{}", if rules.is_empty() { " none" } else { "" });
        for (number, rule) in (1..).zip(rules) {
            let _ = writeln!(text, "  {number:>3}  {rule}");
        }
    }
    text.push_str(
        "Whatever no rule mentions is open on ports 80 and 443. What one layer denies no other allows.\n",
    );
    text
}
