//! `smartbox why`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{LastWakeView, WhyView};
use smartbox_core::explain::span;

use super::boxes::{BoxArgument, told};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{cell, moment};

/// Most characters of words that somebody chose.
const WORDS_MAX: usize = 300;

/// Flags of `why`.
#[derive(Debug, Args)]
pub struct WhyArgs {
    #[command(flatten)]
    smartbox: BoxArgument,
}

/// Says why a box is as it is.
pub(super) async fn run(client: &Client, args: &WhyArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let why: WhyView = client.get(Route::v1(&["boxes", reference.as_str(), "why"])).await?;
    if console.wants_json() {
        console.json(&why).await?;
        return Ok(Exit::Success);
    }
    console.text(&describe(&why)).await?;
    Ok(Exit::Success)
}

fn describe(why: &WhyView) -> String {
    let mut text = format!("Box `{}` {}", why.name, phase(&why.phase));
    text.push_str(&match &why.since {
        Some(since) => format!(" since {}.\n", moment(since)),
        None => ".\n".to_owned(),
    });
    for reason in &why.reasons {
        text.push_str(&format!("  {}\n", cell(&reason.text, WORDS_MAX)));
    }
    text.push_str(&format!("Left alone it is {}.\n", told(&why.sleep_after)));
    if let Some(last) = &why.last_wake {
        text.push_str(&last_wake(last));
    }
    text
}

/// The phase in words.
fn phase(phase: &str) -> String {
    match phase {
        "running" => "is awake".to_owned(),
        "degraded" => "runs and does not answer".to_owned(),
        "sleeping" => "sleeps".to_owned(),
        "falling_asleep" => "is falling asleep".to_owned(),
        "waking" => "is waking".to_owned(),
        "failed" => "has failed".to_owned(),
        "deleting" => "is deleted".to_owned(),
        other => format!("is {other}"),
    }
}

fn last_wake(last: &LastWakeView) -> String {
    let what = if last.was_kept { "woken" } else { "started" };
    let mut text = format!("Last {what}: {}", moment(&last.at));
    if let Some(by) = &last.by {
        text.push_str(&format!(" by {}", cell(by, WORDS_MAX)));
    }
    if let Some(why) = &last.why {
        text.push_str(&format!(" ({})", cell(why, WORDS_MAX)));
    }
    let shown = |millis: u64| span(Duration::from_millis(millis));
    match (last.took_ms, last.slept_ms) {
        (Some(took), Some(slept)) => {
            text.push_str(&format!("; it took {} after {} of sleep", shown(took), shown(slept)));
        }
        (Some(took), None) => text.push_str(&format!("; it took {}", shown(took))),
        (None, Some(slept)) => text.push_str(&format!("; after {} of sleep", shown(slept))),
        (None, None) => {}
    }
    text.push_str(".\n");
    text
}
