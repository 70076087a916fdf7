//! What the AI gateway has done for all boxes together.

use std::time::Duration;

use http::StatusCode;
use smartbox_core::models::Tokens;
use smartbox_core::numbers::{Count, Durations, Histogram};

use super::{Outcome, Priced};

/// Upper ends of the durations that are told apart, in milliseconds: an answer may take minutes.
const BOUNDS_MS: [u64; 12] = [50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000];
/// How calls end.
const OUTCOMES: [&str; 4] = ["complete", "refused", "broken", "abandoned"];
/// What they were answered with.
const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

/// Kinds of tokens.
const KINDS: [&str; 4] = ["input", "output", "cache_read", "cache_write"];

/// Sums of all boxes, since the process began.
#[derive(Debug)]
pub(crate) struct CallTotals {
    calls: [[Count; CLASSES.len()]; OUTCOMES.len()],
    durations: Histogram<{ BOUNDS_MS.len() }>,
    tokens: [Count; KINDS.len()],
    nanos: Count,
    estimated: Count,
}

impl Default for CallTotals {
    fn default() -> Self {
        Self {
            calls: Default::default(),
            durations: Histogram::new(BOUNDS_MS),
            tokens: Default::default(),
            nanos: Count::default(),
            estimated: Count::default(),
        }
    }
}

/// The same, at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct CallNumbers {
    /// Calls, by how they ended and the class of their status.
    pub calls: Vec<(&'static str, &'static str, u64)>,
    /// How long they took, to the last byte.
    pub durations: Durations,
    /// Tokens by their kind, those of the demo model included.
    pub tokens: [(&'static str, u64); 4],
    /// What they cost, in nano-dollars.
    pub nanos: u64,
    /// Calls whose tokens nobody counted.
    pub estimated: u64,
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

    pub(super) fn priced(&self, priced: &Priced) {
        let Tokens { input, output, cache_read, cache_write } = priced.tokens;
        for (sum, tokens) in self.tokens.iter().zip([input, output, cache_read, cache_write]) {
            sum.add(tokens);
        }
        self.nanos.add(priced.nanos);
        self.estimated.add(u64::from(priced.is_estimated));
    }

    pub(crate) fn read(&self) -> CallNumbers {
        let rows = OUTCOMES.iter().zip(&self.calls);
        let calls = rows.flat_map(|(outcome, row)| {
            CLASSES.iter().zip(row).map(|(class, count)| (*outcome, *class, count.get()))
        });
        CallNumbers {
            calls: calls.filter(|(_, _, count)| *count > 0).collect(),
            durations: self.durations.read(),
            tokens: std::array::from_fn(|kind| (KINDS[kind], self.tokens[kind].get())),
            nanos: self.nanos.get(),
            estimated: self.estimated.get(),
        }
    }
}
