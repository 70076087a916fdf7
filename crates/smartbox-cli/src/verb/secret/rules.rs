//! `smartbox secret rules`.

use std::fmt::Write as _;

use clap::Args;
use smartbox_api::InjectionsView;

use super::WhoseFlags;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `secret rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    #[command(flatten)]
    whose: WhoseFlags,
}

/// Shows where secrets are put in.
pub(super) async fn run(client: &Client, args: &RulesArgs, console: &mut Console) -> Outcome {
    let view = fetch(client, &args.whose).await?;
    show(&view, console).await
}

/// The rules.
pub(super) async fn fetch(client: &Client, whose: &WhoseFlags) -> Result<InjectionsView, Failure> {
    let [kind, reference] = whose.path();
    client.get(Route::v1(&[&kind, &reference, "injections"])).await
}

/// Prints them, with their numbers.
pub(super) async fn show(view: &InjectionsView, console: &mut Console) -> Outcome {
    if console.wants_json() {
        console.json(view).await?;
        return Ok(Exit::Success);
    }
    let mut text = String::new();
    let _ = writeln!(text, "Secrets are put in here:{}", if view.rules.is_empty() { " nowhere" } else { "" });
    for (number, rule) in (1..).zip(&view.rules) {
        let _ = writeln!(text, "  {number:>3}  {rule}");
    }
    if !view.org_rules.is_empty() {
        text.push_str("And by the rules of the org:\n");
        for rule in &view.org_rules {
            let _ = writeln!(text, "       {rule}");
        }
    }
    console.text(&text).await?;
    if view.waits_for_restart {
        console.say("Rules with https wait until the box is started again: `smartbox box restart`.").await;
    }
    Ok(Exit::Success)
}
