//! What the AI gateway has done for all boxes together.

use std::time::Duration;

use http::StatusCode;
use smartbox_core::numbers::{Count, Durations, Histogram};

use super::Outcome;

/// Upper ends of the durations that are told apart, in milliseconds: an answer may take minutes.
const BOUNDS_MS: [u64; 12] = [50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000];
/// How calls end.
const OUTCOMES: [&str; 4] = ["complete", "refused", "broken", "abandoned"];
/// What they were answered with.
const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

/// Sums of all boxes, since the process began.
#[derive(Debug)]
pub(crate) struct CallTotals {
    calls: [[Count; CLASSES.len()]; OUTCOMES.len()],
    durations: Histogram<{ BOUNDS_MS.len() }>,
}

impl Default for CallTotals {
    fn default() -> Self {
        Self { calls: Default::default(), durations: Histogram::new(BOUNDS_MS) }
    }
}

/// The same, at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct CallNumbers {
    /// Calls, by how they ended and the class of their status.
    pub calls: Vec<(&'static str, &'static str, u64)>,
    /// How long they took, to the last byte.
    pub durations: Durations,
}

impl CallTotals {
    pub(super) fn ended(&self, outcome: Outcome, status: Option<StatusCode>, took: Duration) {
        let row = match outcome {
            Outcome::Complete => 0,
            Outcome::Refused(_) => 1,
            Outcome::Broken(_) => 2,
            Outcome::Abandoned => 3,
        };
        let class = status.map_or(0, |status| usize::from(status.as_u16() / 100).min(CLASSES.len() - 1));
        self.calls[row][class].one();
        self.durations.observe(took);
    }

    pub(crate) fn read(&self) -> CallNumbers {
        let rows = OUTCOMES.iter().zip(&self.calls);
        let calls = rows.flat_map(|(outcome, row)| {
            CLASSES.iter().zip(row).map(|(class, count)| (*outcome, *class, count.get()))
        });
        CallNumbers {
            calls: calls.filter(|(_, _, count)| *count > 0).collect(),
            durations: self.durations.read(),
        }
    }
}
