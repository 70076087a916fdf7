//! One connection to an upstream: what passed over it, told when it ends.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use smartbox_core::egress_policy::Host;
use tokio::time::Instant;

use super::copy::End;
use super::dial::Caller;
use super::ports::EndedConnection;

/// What is said of a connection of requests, which either side closes when it has no more use for it.
const CLOSED: &str = "closed";

/// A connection that a box has, from its dial to its end. Its end is told when the last of those who share it lets go.
pub(crate) struct Outgoing {
    caller: Arc<Caller>,
    target: String,
    since: Instant,
    sent: AtomicU64,
    received: AtomicU64,
    end: OnceLock<End>,
}

impl Outgoing {
    /// Of a connection that has just come about.
    pub(super) fn begun(caller: &Arc<Caller>, host: &Host, port: u16) -> Arc<Self> {
        Arc::new(Self {
            caller: Arc::clone(caller),
            target: format!("{host}:{port}"),
            since: Instant::now(),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            end: OnceLock::new(),
        })
    }

    /// Whose it is.
    pub(crate) const fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// Counts what was written to the upstream, for this connection and for the box.
    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Relaxed);
        self.caller.counters.sent(bytes);
    }

    /// Counts what was read from the upstream.
    pub(crate) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Relaxed);
        self.caller.counters.received(bytes);
    }

    /// Says how a tunnel ended.
    pub(super) fn ended(&self, end: End) {
        let _the_first_counts = self.end.set(end);
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.caller.inner.ports.report.ended(EndedConnection {
            box_id: self.caller.id,
            target: std::mem::take(&mut self.target),
            took: self.since.elapsed(),
            sent: self.sent.load(Relaxed),
            received: self.received.load(Relaxed),
            end: self.end.get().map_or(CLOSED, |end| end.as_str()),
        });
    }
}
