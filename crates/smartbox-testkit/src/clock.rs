//! A clock that stands still until it is moved.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use smartbox_control::Clock;

/// Where [`ManualClock::default`] begins, in seconds since 1970: 2026-01-01T00:00:00Z.
pub const START_SECOND: i64 = 1_767_225_600;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Timestamp::from_second(START_SECOND).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

impl ManualClock {
    /// A clock that shows `start`.
    pub const fn at(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves it forwards. Time that no timestamp can hold is not reached.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(Timestamp::MAX);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
