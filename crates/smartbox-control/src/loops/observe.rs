//! From what a provider saw to what is recorded: pure.

use smartbox_core::{BoxId, DeathReason, Desired, Observed};
use smartbox_provider::Observation;
use smartbox_store::{BoxError, ObservationUpdate, Smartbox};

/// A line for the timeline, before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) action: &'static str,
    pub(crate) reason: String,
}

/// What is seen of a box the provider does not know.
pub(crate) fn absent(id: BoxId) -> Observation {
    Observation {
        id,
        epoch: 0,
        generation: None,
        observed: Observed::Absent,
        restarts: 0,
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

/// What a person should read about the change from `row` to `seen`.
pub(crate) fn notes(row: &Smartbox, seen: &Observation) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |action, reason: String| notes.push(Note { action, reason });
    let same_run = seen.generation.is_some() && row.observed_generation == seen.generation;
    if seen.oom_kills > if same_run { row.oom_kills } else { 0 } {
        note(
            "box.out-of-memory",
            "the memory limit of its tier was reached; the kernel ended a process".to_owned(),
        );
    }
    if seen.restarts > if same_run { row.restarts } else { 0 } {
        note("box.gateway-restarted", "the gateway ended by itself and was started again".to_owned());
    }
    if let Some((action, reason)) = state_note(row, &seen.observed) {
        note(action, reason);
    }
    notes
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
        (_, Observed::Dead(reason)) => Some(("box.died", death(reason).what)),
    }
}

/// What the owner is told about a death.
pub(crate) fn death(reason: &DeathReason) -> BoxError {
    let (what, remedy) = match reason {
        DeathReason::Config => (
            "OpenClaw refuses its configuration (exit code 78)".to_owned(),
            "read the last log lines, correct the configuration, then start the box again",
        ),
        DeathReason::OutOfMemory => (
            "the box used more memory than its tier allows".to_owned(),
            "give the agent less to do at once, or use a bigger tier",
        ),
        DeathReason::Crashed { code } => (
            format!("the gateway ended again and again, last with exit code {code}"),
            "read the last log lines; `smartbox logs` shows more",
        ),
        DeathReason::Vanished => (
            "the box's processes ended from outside, or the host was restarted".to_owned(),
            "nothing to do: it is started again",
        ),
    };
    BoxError { code: reason.as_str().to_owned(), what, remedy: Some(remedy.to_owned()) }
}

/// Whether a death counts as a failed attempt, after which the next one waits.
///
/// A box that ran and vanished is brought back at once; one that dies before it is ready would be started in a
/// tight loop.
pub(crate) fn is_failed_attempt(row: &Smartbox, reason: &DeathReason) -> bool {
    let ran = matches!(row.observed, Observed::Ready | Observed::Unready | Observed::Asleep(_));
    !(ran && *reason == DeathReason::Vanished)
}
