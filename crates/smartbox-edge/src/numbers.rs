//! What the edge has done for everybody together.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use smartbox_core::numbers::{Count, Durations, Histogram};
use tokio_util::task::TaskTracker;

/// Upper ends of the durations that are told apart, in milliseconds.
const BOUNDS_MS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000, 20_000, 90_000];
/// What requests are answered with.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Sums since the process began.
#[derive(Debug)]
pub(crate) struct Totals {
    answered: [Count; CLASSES.len()],
    durations: Histogram<{ BOUNDS_MS.len() }>,
}

impl Default for Totals {
    fn default() -> Self {
        Self { answered: Default::default(), durations: Histogram::new(BOUNDS_MS) }
    }
}

impl Totals {
    /// An answer has begun, so long after its request had come.
    pub(crate) fn answered(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1).min(CLASSES.len() - 1);
        self.answered[class].one();
        self.durations.observe(took);
    }
}

/// Tells what the edge does. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct EdgeNumbers {
    pub(crate) totals: Arc<Totals>,
    pub(crate) tunnels: TaskTracker,
}

impl EdgeNumbers {
    /// Requests by the class of their status.
    pub fn answered(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CLASSES.into_iter().zip(self.totals.answered.iter().map(Count::get))
    }

    /// From the head of a request to the head of its answer.
    pub fn durations(&self) -> Durations {
        self.totals.durations.read()
    }

    /// Upgraded connections that are open.
    pub fn open_sockets(&self) -> usize {
        self.tunnels.len()
    }
}
