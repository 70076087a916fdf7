//! What the loops have done, for whoever looks from outside.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::numbers::{Count, Durations, Histogram};
use smartbox_core::webhook::Verdict;

use crate::Control;

/// Upper ends of the durations that are told apart, in milliseconds: from a thaw to a start on a busy machine.
const BOUNDS_MS: [u64; 12] = [25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 20_000, 60_000, 180_000];

/// The same of commands: from one that prints a line to one that builds something.
const COMMAND_BOUNDS_MS: [u64; 10] = [50, 100, 250, 500, 1000, 5000, 15_000, 60_000, 300_000, 1_800_000];
/// The same of one request to a receiver of a webhook, which has half a minute.
const DELIVERY_BOUNDS_MS: [u64; 9] = [10, 25, 50, 100, 250, 500, 1000, 5000, 30_000];
/// No delivery waits.
const NOBODY: i64 = i64::MAX;

/// Since the process began.
#[derive(Debug)]
pub(crate) struct Totals {
    wakes: Histogram<{ BOUNDS_MS.len() }>,
    starts: Histogram<{ BOUNDS_MS.len() }>,
    commands: Histogram<{ COMMAND_BOUNDS_MS.len() }>,
    deliveries: Histogram<{ DELIVERY_BOUNDS_MS.len() }>,
    delivered: Count,
    put_off: Count,
    given_up: Count,
    /// Since when the delivery waits that has waited longest, in milliseconds since 1970; [`NOBODY`] when none does.
    waits_since_ms: AtomicI64,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            wakes: Histogram::new(BOUNDS_MS),
            starts: Histogram::new(BOUNDS_MS),
            commands: Histogram::new(COMMAND_BOUNDS_MS),
            deliveries: Histogram::new(DELIVERY_BOUNDS_MS),
            delivered: Count::default(),
            put_off: Count::default(),
            given_up: Count::default(),
            waits_since_ms: AtomicI64::new(NOBODY),
        }
    }
}

/// What became of events that were sent to webhooks.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookNumbers {
    /// Events that were taken.
    pub delivered: u64,
    /// Attempts after which there is another one.
    pub put_off: u64,
    /// Events that were given up.
    pub given_up: u64,
    /// One attempt each, from the look-up of the receiver's name to its answer.
    pub attempts: Durations,
    /// For how long the event has waited that has waited longest; zero when none waits.
    pub oldest: Duration,
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

    /// A command in a box has ended, however it did.
    pub(crate) fn commanded(&self, took: Duration) {
        self.commands.observe(took);
    }

    /// A request to a receiver of a webhook has ended.
    pub(crate) fn carried(&self, took: Duration) {
        self.deliveries.observe(took);
    }

    /// What becomes of an event after an attempt.
    pub(crate) fn judged(&self, verdict: Verdict) {
        match verdict {
            Verdict::Delivered => self.delivered.one(),
            Verdict::Again(_) => self.put_off.one(),
            Verdict::Failed => self.given_up.one(),
        }
    }

    /// Since when the event waits that has waited longest.
    pub(crate) fn waits_since(&self, since: Option<Timestamp>) {
        self.waits_since_ms.store(since.map_or(NOBODY, Timestamp::as_millisecond), Relaxed);
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

    /// How long commands in boxes took, from the way into the box to their end or that of whoever listened.
    pub fn commands(&self) -> Durations {
        self.inner.totals.commands.read()
    }

    /// What became of events that this platform has sent to webhooks. Which one waits longest is as old as the last look of their loop.
    pub fn webhook_numbers(&self) -> WebhookNumbers {
        let totals = &self.inner.totals;
        let since = totals.waits_since_ms.load(Relaxed);
        let waited = self.inner.clock.now().as_millisecond().saturating_sub(since);
        WebhookNumbers {
            delivered: totals.delivered.get(),
            put_off: totals.put_off.get(),
            given_up: totals.given_up.get(),
            attempts: totals.deliveries.read(),
            // Before 1970 there were no webhooks; a time to come is nobody's wait.
            oldest: Duration::from_millis(u64::try_from(waited).unwrap_or_default()),
        }
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
