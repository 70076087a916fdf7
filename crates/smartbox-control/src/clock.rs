//! Clocks as a parameter. Time-outs stay with `tokio::time`, which tests pause.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, as people write it. Can jump both ways when somebody sets it.
    fn now(&self) -> Timestamp;

    /// Time since some moment in the past: never jumps, and means nothing to another process.
    fn steady(&self) -> Duration;
}

/// The system's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "the one place that reads the steady clock")]
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn steady(&self) -> Duration {
        STARTED.elapsed()
    }
}
