//! `smartbox egress show`.

use std::fmt::Write as _;

use clap::Args;
use smartbox_api::{EgressLayerView, EgressView};

use super::BoxFlag;
use super::scope::ScopeFlags;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::failure::Failure;

/// What holds where no rule says anything.
const DEFAULT: &str =
    "Whatever no rule mentions is open on ports 80 and 443. What one layer denies no other allows.\n";

/// Flags of `egress show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    scope: ScopeFlags,
}

/// Shows every layer of rules that counts for a box, or one layer alone.
pub(super) async fn run(client: &Client, args: &ShowArgs, console: &mut Console) -> Outcome {
    args.scope.fetch(client).await?.show(console).await
}

/// The rules of a box.
pub(super) async fn fetch(client: &Client, smartbox: &BoxFlag) -> Result<EgressView, Failure> {
    let reference = smartbox.reference();
    client.get(Route::v1(&["boxes", reference.as_str(), "egress"])).await
}

/// The rules in words, those of the box with their numbers.
pub(super) fn describe(view: &EgressView) -> String {
    let mut text = String::new();
    let layers = [
        ("platform", &view.platform_rules),
        ("tier", &view.tier_rules),
        ("org", &view.org_rules),
        ("box", &view.rules),
    ];
    for (layer, rules) in layers {
        let _ = writeln!(text, "Rules of the {layer}:{}", if rules.is_empty() { " none" } else { "" });
        for (number, rule) in (1..).zip(rules) {
            let _ = writeln!(text, "  {number:>3}  {rule}");
        }
    }
    text.push_str(DEFAULT);
    text
}

/// The rules of many boxes in words, with the numbers of those that can be changed here.
pub(super) fn describe_layer(view: &EgressLayerView) -> String {
    let mut text = String::new();
    if !view.settings_rules.is_empty() {
        text.push_str("Rules of the settings, which come first:\n");
        for rule in &view.settings_rules {
            let _ = writeln!(text, "       {rule}");
        }
    }
    let _ = writeln!(text, "Rules:{}", if view.rules.is_empty() { " none" } else { "" });
    for (number, rule) in (1..).zip(&view.rules) {
        let _ = writeln!(text, "  {number:>3}  {rule}");
    }
    text.push_str(DEFAULT);
    text
}
