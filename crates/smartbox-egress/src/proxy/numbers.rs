//! What the proxy has done for all boxes together.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use smartbox_core::numbers::Count;

use super::ForwardProxy;
use super::ports::Used;

/// Sums of all boxes, since the process began.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    sent: Count,
    received: Count,
    connections: Count,
    requests: Count,
    injected: Count,
    /// By the stable names of their reasons, of which there are some twenty.
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

/// The same, at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyNumbers {
    /// What was handed over to the meter.
    pub used: Used,
    /// Requests into which a secret was put.
    pub injected: u64,
    /// Refused requests, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Tunnels that are open.
    pub open_tunnels: u64,
}

impl Totals {
    pub(super) fn used(&self, used: &Used) {
        self.sent.add(used.sent);
        self.received.add(used.received);
        self.connections.add(used.connections);
        self.requests.add(used.requests);
    }

    pub(super) fn injected(&self) {
        self.injected.one();
    }

    pub(super) fn refused(&self, reason: &'static str) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() += 1;
    }
}

impl ForwardProxy {
    /// What was done so far, all boxes together.
    pub fn numbers(&self) -> ProxyNumbers {
        let (inner, totals) = (&self.inner, &self.inner.totals);
        let open = |caller: &std::sync::Arc<super::Caller>| {
            inner.limits.connections_max.saturating_sub(caller.places.available_permits())
        };
        let open_tunnels: usize = inner.callers_snapshot().iter().map(open).sum();
        ProxyNumbers {
            used: Used {
                sent: totals.sent.get(),
                received: totals.received.get(),
                connections: totals.connections.get(),
                requests: totals.requests.get(),
            },
            injected: totals.injected.get(),
            refused: totals.refused.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            open_tunnels: open_tunnels as u64,
        }
    }
}
