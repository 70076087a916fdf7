//! Counts what boxes use while they use it, and hands it over.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use smartbox_core::BoxId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ports::Used;
use super::{ForwardProxy, Inner};

/// Shortest time between two hand-overs: each may be a write to a database.
const FLUSH_PAUSE: Duration = Duration::from_millis(100);

/// What a box has used since the last hand-over.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    sent: AtomicU64,
    received: AtomicU64,
    connections: AtomicU64,
    requests: AtomicU64,
}

impl Counters {
    pub(super) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn asked(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    /// Bytes that have come together and were not handed over.
    pub(super) fn pending_bytes(&self) -> u64 {
        self.sent.load(Relaxed).saturating_add(self.received.load(Relaxed))
    }

    /// Takes what has come together; what comes meanwhile is in the next.
    fn take(&self) -> Used {
        Used {
            sent: self.sent.swap(0, Relaxed),
            received: self.received.swap(0, Relaxed),
            connections: self.connections.swap(0, Relaxed),
            requests: self.requests.swap(0, Relaxed),
        }
    }

    fn put_back(&self, used: Used) {
        self.sent.fetch_add(used.sent, Relaxed);
        self.received.fetch_add(used.received, Relaxed);
        self.connections.fetch_add(used.connections, Relaxed);
        self.requests.fetch_add(used.requests, Relaxed);
    }
}

impl ForwardProxy {
    /// Hands counted bytes over until `stop`: every [`ProxyLimits::flush_period`](super::ProxyLimits::flush_period), soon
    /// after a tunnel's end, and once at the end.
    pub async fn run_meter(&self, stop: CancellationToken) {
        let inner = &self.inner;
        loop {
            tokio::select! { biased;
                () = stop.cancelled() => break,
                () = inner.ended.notified() => {}
                () = tokio::time::sleep(inner.limits.flush_period) => {}
            }
            self.flush().await;
            tokio::select! { biased;
                () = stop.cancelled() => break,
                () = tokio::time::sleep(FLUSH_PAUSE.min(inner.limits.flush_period)) => {}
            }
        }
        self.flush().await;
    }

    /// Hands over what has come together. What the meter does not take is counted on.
    pub async fn flush(&self) {
        // One at a time, so that amounts are not recorded out of order.
        let _alone = self.inner.flushing.lock().await;
        let callers = self.inner.callers_snapshot();
        callers.iter().for_each(|caller| caller.pool.prune(self.inner.limits.pool_idle_timeout));
        let used: Vec<_> = callers
            .iter()
            .map(|caller| (caller, caller.counters.take()))
            .filter(|(_, used)| *used != Used::default())
            .collect();
        let amounts: Vec<_> = used.iter().map(|(caller, used)| (caller.id, *used)).collect();
        if !amounts.is_empty()
            && let Err(error) = self.inner.ports.meter.record(&amounts).await
        {
            tracing::warn!(%error, boxes = amounts.len(), "what boxes have used could not be recorded; it is counted on");
            used.iter().for_each(|(caller, used)| caller.counters.put_back(*used));
            self.inner.meter_down().get_or_insert_with(Instant::now);
            // Long enough, and boxes with limits may not go on.
            if self.inner.is_meter_lost() {
                self.inner.halted.notify_waiters();
            }
            return;
        }
        if !amounts.is_empty() {
            *self.inner.meter_down() = None;
        }
        amounts.iter().for_each(|(_, used)| self.inner.totals.used(used));
        let moved: HashSet<BoxId> = amounts.iter().map(|(id, _)| *id).collect();
        for caller in &callers {
            caller.give_back(moved.contains(&caller.id)).await;
        }
        drop(used);
        drop(callers);
        self.inner.forget_idle();
    }
}

impl Inner {
    fn meter_down(&self) -> MutexGuard<'_, Option<Instant>> {
        self.meter_down_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the meter takes nothing for so long that nobody knows what boxes have left.
    pub(super) fn is_meter_lost(&self) -> bool {
        self.meter_down().is_some_and(|since| since.elapsed() >= self.limits.meter_patience)
    }

    /// Lets go of boxes that have no door and nothing that was not handed over.
    fn forget_idle(&self) {
        self.callers().retain(|_, caller| {
            std::sync::Arc::strong_count(caller) > 1 || caller.holds_bytes() || {
                let used = caller.counters.take();
                caller.counters.put_back(used);
                used != Used::default()
            }
        });
    }
}
