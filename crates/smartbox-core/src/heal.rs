//! When a box that keeps failing is left alone, and when it is tried again: a circuit breaker, without a clock.
//!
//! Five failures within ten minutes open it. While it is open nothing is started but one trial after each cool-down,
//! which doubles with every trial that fails. A gateway that has answered for five minutes closes it.
//!
//! The wall clock may jump either way. No instant that is kept is believed when it lies further ahead than this
//! module would ever have put it, so a jump can hasten a trial and never hold one back.

use jiff::{SignedDuration, Timestamp};

/// Failures within [`WINDOW`] that open the breaker.
pub const FAILURES_MAX: usize = 5;
/// How long a failure counts.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// From the opening to the first trial.
pub const COOL_DOWN_FIRST: SignedDuration = SignedDuration::from_mins(15);
/// Longest time between two trials.
pub const COOL_DOWN_LONGEST: SignedDuration = SignedDuration::from_hours(4);
/// A gateway that has answered for this long is well again.
pub const PROVEN_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// What is known of a box's recent failures. Kept in the store: a restart of the platform forgets nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// Failures that count, oldest first. Fewer than [`FAILURES_MAX`].
    pub failures: Vec<Timestamp>,
    /// Set while the breaker is open.
    pub open: Option<OpenBreaker>,
}

/// An open breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenBreaker {
    /// Since when.
    pub since: Timestamp,
    /// The failure that opened it, or that ended the last trial; fit for the owner's eyes.
    pub reason: String,
    /// The present time between two trials.
    pub cool_down: SignedDuration,
    /// When the next trial may begin.
    pub trial_at: Timestamp,
    /// A trial is under way.
    pub is_trying: bool,
    /// Since when the gateway answers in this trial.
    pub well_since: Option<Timestamp>,
}

/// Whether the platform may start a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Nothing speaks against it.
    Free,
    /// As a trial: tell [`Breaker::begin_trial`] first.
    Trial,
    /// Not before the next trial.
    Refused,
}

/// What a failure did to the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// It is counted, and starts go on.
    Counted,
    /// The breaker has opened.
    Opened,
    /// The trial has failed; the next one is further away.
    TrialFailed,
}

impl Breaker {
    /// Whether there is nothing to remember.
    pub const fn is_untouched(&self) -> bool {
        self.failures.is_empty() && self.open.is_none()
    }

    /// Whether the box may be started now.
    pub fn may_start(&self, now: Timestamp) -> Permit {
        match &self.open {
            None => Permit::Free,
            Some(open) if is_due(open.trial_at, now, open.cool_down) => Permit::Trial,
            Some(_) => Permit::Refused,
        }
    }

    /// Starts of the gateway that may still fail before the breaker opens, at least one: whoever starts it again by
    /// itself inside the box must not do so more often.
    pub fn starts_left(&self, now: Timestamp) -> u32 {
        let counted = self.failures.iter().filter(|at| counts(**at, now)).count();
        let left = if self.open.is_some() { 1 } else { FAILURES_MAX.saturating_sub(counted).max(1) };
        u32::try_from(left).unwrap_or(1)
    }

    /// A trial begins. One that is lost (the platform ends before the start) is followed by another after the
    /// cool-down.
    pub fn begin_trial(&mut self, now: Timestamp) {
        if let Some(open) = &mut self.open {
            open.is_trying = true;
            open.well_since = None;
            open.trial_at = later(now, open.cool_down);
        }
    }

    /// A start has failed, or the gateway has ended or was ended because it did not answer.
    pub fn failed(&mut self, now: Timestamp, reason: &str) -> AfterFailure {
        if let Some(open) = &mut self.open {
            let was_trying = std::mem::take(&mut open.is_trying);
            open.well_since = None;
            reason.clone_into(&mut open.reason);
            if was_trying {
                open.cool_down = (open.cool_down + open.cool_down).min(COOL_DOWN_LONGEST);
            }
            open.trial_at = later(now, open.cool_down);
            return if was_trying { AfterFailure::TrialFailed } else { AfterFailure::Counted };
        }
        self.failures.retain(|at| counts(*at, now));
        self.failures.push(now);
        if self.failures.len() < FAILURES_MAX {
            return AfterFailure::Counted;
        }
        self.failures.clear();
        self.open = Some(OpenBreaker {
            since: now,
            reason: reason.to_owned(),
            cool_down: COOL_DOWN_FIRST,
            trial_at: later(now, COOL_DOWN_FIRST),
            is_trying: false,
            well_since: None,
        });
        AfterFailure::Opened
    }

    /// The gateway answers. Says whether that closes the breaker.
    pub fn is_well(&mut self, now: Timestamp) -> bool {
        let Some(open) = &mut self.open else { return false };
        // One that comes up without a trial (its supervisor tried once more) proves as much.
        open.is_trying = true;
        let since = *open.well_since.get_or_insert(now);
        if now < since {
            open.well_since = Some(now);
        }
        let is_proven = now.duration_since(since) >= PROVEN_AFTER;
        if is_proven {
            *self = Self::default();
        }
        is_proven
    }
}

/// Whether an instant has come that was put at most `longest` ahead.
pub fn is_due(at: Timestamp, now: Timestamp, longest: SignedDuration) -> bool {
    at <= now || at.duration_since(now) > longest
}

/// Whether a failure still counts. One from the future is from before a jump of the clock.
fn counts(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at).abs() <= WINDOW
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
