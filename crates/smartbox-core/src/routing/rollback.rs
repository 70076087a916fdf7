//! When a candidate has failed often enough: outcomes in a sliding window, and the rule they are held against.

use std::time::Duration;

use super::{PERCENT_MAX, RouteName};

/// Pieces of a window. Old outcomes leave it piece by piece, so it is at most a twentieth too short.
const SLOTS: u8 = 20;

/// When a candidate is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollbackRule {
    /// So many of a hundred requests failed; 0 means never.
    pub at_percent: u8,
    /// Fewer requests in the window decide nothing.
    pub min_requests: u32,
    /// Length of the window, in seconds.
    pub window_secs: u32,
}

impl RollbackRule {
    /// Half of at least 20 requests within a minute.
    pub const DEFAULT: Self = Self { at_percent: 50, min_requests: 20, window_secs: 60 };

    /// Whether these outcomes are too bad.
    pub fn is_broken_by(&self, tally: Tally) -> bool {
        let share = u64::from(tally.failures) * u64::from(PERCENT_MAX);
        self.at_percent > 0
            && tally.requests >= self.min_requests.max(1)
            && share >= u64::from(self.at_percent) * u64::from(tally.requests)
    }
}

/// How one request to a candidate went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Of which route.
    pub route: RouteName,
    /// Of which version of it.
    pub version: i64,
    /// How it went.
    pub kind: OutcomeKind,
}

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// It was answered with a status below 500.
    Answered,
    /// It was not answered, or with a status of 500 and above.
    Failed,
    /// Its answer, which was counted when it began, broke off.
    BrokeOff,
}

/// What a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests.
    pub requests: u32,
    /// Those of them that failed.
    pub failures: u32,
}

/// Outcomes of the recent past, in bounded memory. Times are durations since any one moment.
#[derive(Clone, Debug)]
pub struct Window {
    slot: Duration,
    slots: [Slot; SLOTS as usize],
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    number: u128,
    tally: Tally,
}

impl Window {
    /// An empty window.
    pub fn new(rule: &RollbackRule) -> Self {
        let slot = Duration::from_secs(u64::from(rule.window_secs.max(1))) / u32::from(SLOTS);
        Self { slot, slots: [Slot::default(); SLOTS as usize] }
    }

    /// Puts an outcome down.
    pub fn record(&mut self, now: Duration, kind: OutcomeKind) {
        let number = self.number(now);
        let index = usize::try_from(number % u128::from(SLOTS)).unwrap_or_default();
        let slot = &mut self.slots[index];
        if slot.number != number {
            *slot = Slot { number, tally: Tally::default() };
        }
        let tally = &mut slot.tally;
        tally.requests = tally.requests.saturating_add(u32::from(kind != OutcomeKind::BrokeOff));
        tally.failures = tally.failures.saturating_add(u32::from(kind != OutcomeKind::Answered));
    }

    /// What has not left the window.
    pub fn tally(&self, now: Duration) -> Tally {
        let newest = self.number(now);
        let is_recent = |slot: &&Slot| slot.number <= newest && newest - slot.number < u128::from(SLOTS);
        let sum = self.slots.iter().filter(is_recent).fold(Tally::default(), |sum, slot| Tally {
            requests: sum.requests.saturating_add(slot.tally.requests),
            failures: sum.failures.saturating_add(slot.tally.failures),
        });
        // An answer that broke off may have begun before the window did.
        Tally { failures: sum.failures.min(sum.requests), ..sum }
    }

    fn number(&self, now: Duration) -> u128 {
        now.as_nanos() / self.slot.as_nanos().max(1)
    }
}
