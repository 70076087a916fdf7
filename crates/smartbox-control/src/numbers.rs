//! What the loops have done, for whoever looks from outside.

use std::collections::BTreeMap;
use std::time::Duration;

use smartbox_core::numbers::{Durations, Histogram};

use crate::Control;

/// Upper ends of the durations that are told apart, in milliseconds: from a thaw to a start on a busy machine.
const BOUNDS_MS: [u64; 12] = [25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 20_000, 60_000, 180_000];

/// Since the process began.
#[derive(Debug)]
pub(crate) struct Totals {
    wakes: Histogram<{ BOUNDS_MS.len() }>,
    starts: Histogram<{ BOUNDS_MS.len() }>,
}

impl Default for Totals {
    fn default() -> Self {
        Self { wakes: Histogram::new(BOUNDS_MS), starts: Histogram::new(BOUNDS_MS) }
    }
}

impl Totals {
    /// A box that slept is awake.
    pub(crate) fn woke(&self, took: Duration) {
        self.wakes.observe(took);
    }

    /// A box is ready whose processes were started.
    pub(crate) fn started(&self, took: Duration) {
        self.starts.observe(took);
    }
}

impl Control {
    /// How long boxes took that were woken from their sleep.
    pub fn wakes(&self) -> Durations {
        self.inner.totals.wakes.read()
    }

    /// How long boxes took whose processes were started.
    pub fn starts(&self) -> Durations {
        self.inner.totals.starts.read()
    }

    /// How many boxes are in which phase.
    pub fn boxes_by_phase(&self) -> BTreeMap<&'static str, u64> {
        let fleet = self.inner.fleet.borrow();
        fleet.boxes.iter().fold(BTreeMap::new(), |mut phases, state| {
            *phases.entry(state.phase.as_str()).or_default() += 1;
            phases
        })
    }
}
