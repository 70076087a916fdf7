//! From what a provider saw to what is recorded: pure.

use serde_json::json;
use smartbox_core::{ArchiveStage, BoxId, DeathReason, Desired, Observed};
use smartbox_provider::Observation;
use smartbox_store::{BoxError, ObservationUpdate, Smartbox};

/// An exit code beyond it stands for the signal that ended a process.
const SIGNAL_BASE: i32 = 128;
/// The last signal of Linux.
const SIGNAL_MAX: i32 = 64;

/// A line for the timeline, before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) action: &'static str,
    pub(crate) reason: String,
    /// What the kernel and the supervisor said of it.
    pub(crate) facts: serde_json::Value,
}

/// What is seen of a box the provider does not know.
pub(crate) fn absent(id: BoxId) -> Observation {
    Observation {
        id,
        epoch: 0,
        generation: None,
        observed: Observed::Absent,
        restarts: 0,
        was_silent: false,
        last_exit: None,
        oom_kills: 0,
        pid: None,
    }
}

/// What is written about an observation.
pub(crate) fn update(seen: &Observation) -> ObservationUpdate {
    ObservationUpdate {
        observed: seen.observed.clone(),
        observed_generation: seen.generation,
        restarts: seen.restarts,
        oom_kills: seen.oom_kills,
        pid: seen.pid,
    }
}

/// What a person should read about the change from `row` to `seen`. `bigger` is the next bigger tier.
pub(crate) fn notes(row: &Smartbox, seen: &Observation, bigger: Option<&str>) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |action, reason: String, facts| notes.push(Note { action, reason, facts });
    if ran_out_of_memory(row, seen) {
        let advice = advice(bigger);
        note(
            "box.out-of-memory",
            format!("the memory limit of its tier was reached; the kernel ended a process: {advice}"),
            json!({ "oom_kills": seen.oom_kills }),
        );
    }
    if new_restarts(row, seen) > 0 {
        let why = if seen.was_silent {
            "the gateway did not answer three probes in a row and was started again"
        } else {
            "the gateway ended by itself and was started again"
        };
        note("box.gateway-restarted", why.to_owned(), exit(seen));
    }
    // A box whose disk was freed for its backup has a line of its own for it.
    let is_freed = row.archive.is_some_and(ArchiveStage::is_off_disk) && seen.observed == Observed::Absent;
    if let Some((action, reason)) = state_note(row, &seen.observed).filter(|_| !is_freed) {
        let is_told = matches!(&seen.observed, Observed::Dead(reason) if *reason != DeathReason::Vanished);
        note(action, reason, if is_told { exit(seen) } else { json!({}) });
    }
    notes
}

/// How the gateway ended: its exit code, and the signal where one ended it.
fn exit(seen: &Observation) -> serde_json::Value {
    let Some(code) = seen.last_exit else { return json!({}) };
    match code - SIGNAL_BASE {
        signal @ 1..=SIGNAL_MAX => json!({ "exit_code": code, "signal": signal }),
        _ => json!({ "exit_code": code }),
    }
}

/// Whether the kernel ended a process for lack of memory since `row`.
pub(crate) fn ran_out_of_memory(row: &Smartbox, seen: &Observation) -> bool {
    seen.oom_kills > if is_same_run(row, seen) { row.oom_kills } else { 0 }
}

/// How often the gateway was started again inside the box since `row`.
pub(crate) fn new_restarts(row: &Smartbox, seen: &Observation) -> u32 {
    seen.restarts.saturating_sub(if is_same_run(row, seen) { row.restarts } else { 0 })
}

fn is_same_run(row: &Smartbox, seen: &Observation) -> bool {
    seen.generation.is_some() && row.observed_generation == seen.generation
}

/// What to do against a lack of memory.
fn advice(bigger: Option<&str>) -> String {
    match bigger {
        Some(tier) => format!("give the agent less to do at once, or use a bigger tier, such as `{tier}`"),
        None => "give the agent less to do at once; there is no bigger tier".to_owned(),
    }
}

fn state_note(row: &Smartbox, now: &Observed) -> Option<(&'static str, String)> {
    let wanted = || match row.desired {
        Desired::Running => "it should run".to_owned(),
        Desired::Asleep => "it should sleep".to_owned(),
        Desired::Stopped => "it should be stopped".to_owned(),
        Desired::Deleted => "it is deleted".to_owned(),
    };
    match (&row.observed, now) {
        (before, now) if before == now => None,
        (Observed::Starting { .. }, Observed::Starting { .. }) => None,
        // Its volume was made; nothing was stopped.
        (Observed::Absent, Observed::Stopped) => None,
        (Observed::Unready, Observed::Ready) => {
            Some(("box.recovered", "its gateway answers again".to_owned()))
        }
        (Observed::Asleep(_), Observed::Ready) => {
            Some(("box.awake", "its processes go on where they were".to_owned()))
        }
        (_, Observed::Asleep(depth)) => {
            Some(("box.asleep", format!("it is {}: {}", depth.as_str(), wanted())))
        }
        (_, Observed::Starting { .. }) => Some(("box.starting", wanted())),
        (_, Observed::Ready) => Some(("box.ready", "its gateway answers".to_owned())),
        (_, Observed::Unready) => Some(("box.degraded", "its gateway fails the readiness probe".to_owned())),
        (_, Observed::Stopping) => Some(("box.stopping", wanted())),
        (_, Observed::Stopped) => Some(("box.stopped", wanted())),
        (_, Observed::Absent) => Some(("box.removed", wanted())),
        (_, Observed::Dead(reason)) => Some(("box.died", death(reason, None).what)),
    }
}

/// What the owner is told about a death.
pub(crate) fn death(reason: &DeathReason, bigger: Option<&str>) -> BoxError {
    let (what, remedy) = match reason {
        DeathReason::Config => (
            "OpenClaw refuses its configuration (exit code 78)".to_owned(),
            "read the last log lines, correct the configuration, then start the box again".to_owned(),
        ),
        DeathReason::OutOfMemory => {
            ("the box used more memory than its tier allows".to_owned(), advice(bigger))
        }
        DeathReason::Crashed { code } => (
            format!("the gateway ended again and again, last with exit code {code}"),
            "read the last log lines; `smartbox logs` shows more".to_owned(),
        ),
        DeathReason::Silent => (
            "the gateway runs and does not answer, again and again".to_owned(),
            "read the last log lines; `smartbox logs` shows more".to_owned(),
        ),
        DeathReason::Vanished => (
            "the box's processes ended from outside, or the host was restarted".to_owned(),
            "nothing to do: it is started again".to_owned(),
        ),
    };
    BoxError { code: reason.as_str().to_owned(), what, remedy: Some(remedy) }
}

/// What is counted when the gateway was started again inside its box.
pub(crate) fn restarted(seen: &Observation) -> BoxError {
    let (code, what) = if seen.was_silent {
        ("silent", "the gateway does not answer")
    } else {
        ("crashed", "the gateway ends by itself")
    };
    BoxError { code: code.to_owned(), what: what.to_owned(), remedy: None }
}

/// Whether a death is another one than the row knows of.
pub(crate) fn is_new_death(row: &Smartbox, seen: &Observation) -> bool {
    // A supervisor that ends after its gateway is the same death.
    let same_processes = row.pid == seen.pid || seen.pid.is_none();
    let known = matches!(row.observed, Observed::Dead(_)) && is_same_run(row, seen) && same_processes;
    matches!(seen.observed, Observed::Dead(_)) && !known
}

/// Whether a death counts as a failed attempt, after which the next one waits.
///
/// A box that ran and vanished is brought back at once; one that dies before it is ready would be started in a
/// tight loop.
pub(crate) fn is_failed_attempt(row: &Smartbox, reason: &DeathReason) -> bool {
    let ran = matches!(row.observed, Observed::Ready | Observed::Unready | Observed::Asleep(_));
    !(ran && *reason == DeathReason::Vanished)
}
