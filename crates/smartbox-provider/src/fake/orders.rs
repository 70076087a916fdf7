//! What the fake was told to do wrong, and how often it was called.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::ProviderError;

/// A call of `Provider` or `Link`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// `Provider::ensure_running`.
    EnsureRunning,
    /// `Provider::ensure_asleep`.
    EnsureAsleep,
    /// `Provider::ensure_awake`.
    EnsureAwake,
    /// `Provider::replace_file`.
    ReplaceFile,
    /// `Provider::memory`.
    Memory,
    /// `Provider::compute`.
    Compute,
    /// `Provider::ensure_stopped`.
    EnsureStopped,
    /// `Provider::ensure_absent`.
    EnsureAbsent,
    /// `Provider::observe_all`.
    ObserveAll,
    /// `Provider::logs`.
    Logs,
    /// `Provider::append_log`.
    AppendLog,
    /// `Volumes::while_still`.
    WhileStill,
    /// `Volumes::stage`.
    Stage,
    /// `Volumes::mark_staged`.
    MarkStaged,
    /// `Volumes::stage_undo`.
    StageUndo,
    /// `Volumes::swap`.
    Swap,
    /// `Link::dial`.
    Dial,
    /// `Link::listen`.
    Listen,
}

/// How an ordered call fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// For good, with this message.
    Permanent(String),
    /// For this time, with this message.
    Transient(String),
    /// With a request to wait.
    RateLimited(Duration),
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Permanent(what) => Self::permanent(what, "Do what the test says."),
            Failure::Transient(what) => Self::Transient { what, source: None },
            Failure::RateLimited(retry_after) => Self::RateLimited { retry_after },
        }
    }
}

/// What happens to one call.
pub(super) enum Order {
    /// It fails before anything is done.
    Fail(Failure),
    /// It is done, and the caller is told that it failed.
    LoseAnswer,
}

/// Orders not carried out yet, and counters.
#[derive(Default)]
pub(super) struct Orders {
    waiting: BTreeMap<Call, VecDeque<Order>>,
    counts: BTreeMap<Call, u64>,
}

impl Orders {
    pub(super) fn fail(&mut self, call: Call, times: usize, failure: Failure) {
        let orders = std::iter::repeat_with(|| Order::Fail(failure.clone())).take(times);
        self.waiting.entry(call).or_default().extend(orders);
    }

    pub(super) fn lose_answers(&mut self, call: Call, times: usize) {
        let orders = std::iter::repeat_with(|| Order::LoseAnswer).take(times);
        self.waiting.entry(call).or_default().extend(orders);
    }

    /// Counts a call and takes the order that waits for it.
    pub(super) fn take(&mut self, call: Call) -> Option<Order> {
        *self.counts.entry(call).or_default() += 1;
        self.waiting.get_mut(&call).and_then(VecDeque::pop_front)
    }

    pub(super) fn count(&self, call: Call) -> u64 {
        self.counts.get(&call).copied().unwrap_or_default()
    }
}
