//! `smartbox box show`.

use clap::Args;
use smartbox_api::BoxView;

use super::{BoxArgument, told};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::{Console, Paint};
use crate::exit::Exit;
use crate::table::{cell, facts, moment};

/// Flags of `box show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
}

/// Shows a box.
pub(super) async fn run(client: &Client, args: &ShowArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let smartbox: BoxView = client.get(Route::v1(&["boxes", reference.as_str()])).await?;
    if console.wants_json() {
        console.json(&smartbox).await?;
        return Ok(Exit::Success);
    }
    // The path is the server's word; it is shown only if it stays on the server.
    let address = client.address(&smartbox.path)?;
    let text = describe(&smartbox, address.as_str(), console.paint());
    console.text(&text).await?;
    Ok(Exit::Success)
}

fn describe(smartbox: &BoxView, address: &str, paint: Paint) -> String {
    let phase = paint.phase(&smartbox.phase);
    let phase = match &smartbox.stage {
        Some(stage) => format!("{phase} ({stage})"),
        None => phase,
    };
    let name = if smartbox.is_default { " (default)" } else { "" };
    let mut lines = vec![
        ("Name", format!("{}{name}", smartbox.name)),
        ("Id", smartbox.id.clone()),
        ("Org", smartbox.org.clone()),
        ("Phase", phase),
        ("Wanted", smartbox.desired.clone()),
        ("Kind", smartbox.kind.clone()),
        ("Tier", smartbox.tier.clone()),
        ("Runtime", smartbox.runtime_version.clone()),
        ("Address", address.to_owned()),
        ("Created", moment(&smartbox.created_at)),
    ];
    lines.extend(smartbox.observed_at.as_deref().map(|at| ("Changed", moment(at))));
    lines.extend(smartbox.upgrade.as_ref().map(|stage| ("Upgrade", format!("under way ({stage})"))));
    lines.extend(smartbox.channels.as_ref().map(|word| {
        ("Channels", format!("{word}, and jobs as well, until `smartbox box channels on {}`", smartbox.name))
    }));
    lines.extend(smartbox.pid.map(|pid| ("Process", pid.to_string())));
    if smartbox.restarts > 0 {
        lines.push(("Restarts", format!("{} in this run", smartbox.restarts)));
    }
    if smartbox.oom_kills > 0 {
        lines.push(("Out of memory", format!("{} in this run", smartbox.oom_kills)));
    }
    if let Some(error) = &smartbox.error {
        lines.push(("Error", format!("{} ({})", paint.red(&error.detail), error.code)));
        lines.extend(error.remedy.clone().map(|remedy| ("Help", remedy)));
    }
    if let Some(breaker) = &smartbox.breaker {
        let since = moment(&breaker.open_since);
        let what = if breaker.is_trying { "tried again now" } else { "left alone" };
        lines.push(("Breaker", format!("open since {since}: {what}, because it kept failing")));
        lines.push(("Next trial", moment(&breaker.next_trial_at)));
    }
    lines.extend(smartbox.retry_at.as_deref().map(|at| ("Next try", moment(at))));
    if let Some(sleep) = &smartbox.sleep {
        let since = sleep.since.as_deref().map(|at| format!(" since {}", moment(at))).unwrap_or_default();
        lines.push(("Asleep", format!("{}{since}", sleep.tier)));
        let why = sleep.due_why.as_deref().unwrap_or("a schedule");
        lines.extend(
            sleep.due_at.as_deref().map(|at| ("Wakes", format!("{} for {}", moment(at), cell(why, 200)))),
        );
    }
    lines.extend(smartbox.sleep_after.as_ref().map(|effective| ("Sleeps", told(effective))));
    if let Some(at) = &smartbox.purge_at {
        let undo =
            format!("{}; until then `smartbox box start {}` brings it back", moment(at), smartbox.name);
        lines.push(("Removed", undo));
    }
    let mut text = facts(&lines);
    if let Some(error) = smartbox.error.as_ref().filter(|error| !error.log_tail.is_empty()) {
        text.push_str("Last lines of the log:\n");
        error.log_tail.iter().for_each(|line| text.push_str(&format!("  | {line}\n")));
    }
    text
}
