//! Boxes that keep failing: counts failures, holds starts back while the breaker is open, and tells people.

use jiff::Timestamp;
use smartbox_core::heal::{AfterFailure, FAILURES_MAX, OpenBreaker, PROVEN_AFTER, Permit};
use smartbox_core::{Observed, backoff, heal};
use smartbox_provider::Observation;
use smartbox_store::{BoxError, NewEvent, NewFailure, Smartbox, SystemActor};

use super::observe;
use crate::{Control, Error};

/// Who writes the timeline lines of the breaker.
const ACTOR: &str = "healer";
/// Code of the error of a box whose breaker is open.
const CODE: &str = "breaker-open";

/// Counts what failed, `times` in a row, and returns the error to show: that of the breaker once it is open, with
/// the time of the next trial.
pub(super) async fn count(
    control: &Control,
    row: &Smartbox,
    times: u32,
    error: &BoxError,
) -> Result<Option<(BoxError, Timestamp)>, Error> {
    let now = control.inner.clock.now();
    let mut breaker = row.breaker.clone();
    let mut event = None;
    for _ in 0..times.min(u32::try_from(FAILURES_MAX).unwrap_or(u32::MAX)) {
        let after = breaker.failed(now, &error.what);
        if let (AfterFailure::Opened | AfterFailure::TrialFailed, Some(open)) = (after, &breaker.open) {
            event = Some(opened(control, open, after));
        }
    }
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    fleet.write_breaker(row.id, row.version, &breaker, event, now).await?;
    control.inner.changes.written();
    Ok(breaker.open.as_ref().map(|open| (explain(open, error.remedy.as_deref()), open.trial_at)))
}

/// Whether the box may be started now. Takes the trial if that is what it may have.
pub(super) async fn may_start(control: &Control, row: &Smartbox) -> Result<bool, Error> {
    let now = control.inner.clock.now();
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    let Some(open) = &row.breaker.open else { return Ok(true) };
    match row.breaker.may_start(now) {
        Permit::Free => Ok(true),
        Permit::Trial => {
            let mut breaker = row.breaker.clone();
            breaker.begin_trial(now);
            let event = control.event(
                ACTOR,
                "box.breaker-trial",
                "the cool-down is over: it is started once, to see whether it is well",
                serde_json::json!({ "open_since": open.since.to_string() }),
            );
            Ok(fleet.write_breaker(row.id, row.version, &breaker, Some(event), now).await?)
        }
        Permit::Refused => {
            // A new intent that is no fresh try forgets the error and not the breaker.
            if row.last_error.is_none() {
                let error = explain(open, None);
                let failure = NewFailure { version: row.version, error, retry_at: open.trial_at };
                fleet.record_failure(row.id, &failure, None, now).await?;
                control.inner.changes.written();
            }
            Ok(false)
        }
    }
}

/// Closes the breaker of a box that has been well for long enough.
pub(super) async fn watch(control: &Control, row: &Smartbox) -> Result<(), Error> {
    if row.breaker.open.is_none() || row.observed != Observed::Ready {
        return Ok(());
    }
    let now = control.inner.clock.now();
    let mut breaker = row.breaker.clone();
    let is_closed = breaker.is_well(now);
    if breaker == row.breaker {
        return Ok(());
    }
    let event = is_closed.then(|| {
        let why = format!("its gateway has answered for {} minutes", PROVEN_AFTER.as_mins());
        control.event(ACTOR, "box.breaker-closed", &why, serde_json::json!({}))
    });
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    fleet.write_breaker(row.id, row.version, &breaker, event, now).await?;
    control.inner.changes.written();
    Ok(())
}

/// Whether the time of the next attempt has come. A clock that jumped back holds nothing up.
pub(super) fn is_retry_due(row: &Smartbox, now: Timestamp) -> bool {
    let longest = row.breaker.open.as_ref().map_or(backoff::LONGEST, |open| open.cool_down);
    row.retry_at.is_none_or(|at| heal::is_due(at, now, longest))
}

/// The next bigger tier, where an observation tells of too little memory and there is one.
pub(super) async fn bigger_tier(
    control: &Control,
    row: &Smartbox,
    seen: &Observation,
) -> Result<Option<String>, Error> {
    use smartbox_core::DeathReason::OutOfMemory;
    if !observe::ran_out_of_memory(row, seen) && seen.observed != Observed::Dead(OutOfMemory) {
        return Ok(None);
    }
    let tiers = control.inner.store.fleet(SystemActor::new(ACTOR)).tiers().await?;
    let own = tiers.iter().find(|tier| tier.name == row.tier).map_or(0, |tier| tier.memory_max_bytes);
    let bigger = tiers.iter().filter(|tier| tier.memory_max_bytes > own);
    Ok(bigger.min_by_key(|tier| tier.memory_max_bytes).map(|tier| tier.name.clone()))
}

fn opened(control: &Control, open: &OpenBreaker, after: AfterFailure) -> NewEvent {
    let why = match after {
        AfterFailure::TrialFailed => format!("the trial has failed: {}", open.reason),
        AfterFailure::Opened | AfterFailure::Counted => {
            format!(
                "{FAILURES_MAX} starts failed within {} minutes; the last: {}",
                heal::WINDOW.as_mins(),
                open.reason
            )
        }
    };
    let detail = serde_json::json!({
        "open_since": open.since.to_string(),
        "next_trial_at": open.trial_at.to_string(),
        "cool_down_secs": open.cool_down.as_secs(),
    });
    control.event(ACTOR, "box.breaker-opened", &why, detail)
}

/// What the owner of a box with an open breaker is told.
fn explain(open: &OpenBreaker, remedy: Option<&str>) -> BoxError {
    let cause = remedy.unwrap_or("read the last log lines; `smartbox logs` shows more");
    BoxError {
        code: CODE.to_owned(),
        what: format!("it kept failing, so it is left alone for a while; the last failure: {}", open.reason),
        remedy: Some(format!("{cause}; then start the box, which tries it at once")),
    }
}
