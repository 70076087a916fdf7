//! A clock that stands still until it is moved.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use smartbox_control::Clock;

/// Where [`ManualClock::default`] begins, in seconds since 1970: 2026-01-01T00:00:00Z.
pub const START_SECOND: i64 = 1_767_225_600;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Hands>);

#[derive(Debug)]
struct Hands {
    now: Timestamp,
    steady: Duration,
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Timestamp::from_second(START_SECOND).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

impl ManualClock {
    /// A clock that shows `start`.
    pub const fn at(start: Timestamp) -> Self {
        Self(Mutex::new(Hands { now: start, steady: Duration::ZERO }))
    }

    /// Moves it forwards. Time that no timestamp can hold is not reached.
    pub fn advance(&self, by: SignedDuration) {
        let mut hands = self.hands();
        hands.now = hands.now.saturating_add(by).unwrap_or(Timestamp::MAX);
        hands.steady += Duration::try_from(by).unwrap_or(Duration::ZERO);
    }

    /// Sets the wall clock to another time, as a person or a time server does; the steady clock does not notice.
    pub fn jump(&self, by: SignedDuration) {
        let mut hands = self.hands();
        hands.now = hands.now.saturating_add(by).unwrap_or(hands.now);
    }

    /// Another clock that shows the same now.
    #[must_use]
    pub fn twin(&self) -> Self {
        let hands = self.hands();
        Self(Mutex::new(Hands { now: hands.now, steady: hands.steady }))
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.hands().now
    }

    fn steady(&self) -> Duration {
        self.hands().steady
    }
}
