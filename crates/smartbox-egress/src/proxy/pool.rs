//! Connections of one box to upstreams of HTTP that are kept for its next request.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use smartbox_core::egress_policy::Host;
use smartbox_core::injection::Scheme;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::body::Body;
use super::limits::ProxyLimits;

/// Whom a connection leads to, and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) scheme: Scheme,
    pub(super) host: Host,
    pub(super) port: u16,
}

/// A connection, free for one request.
pub(super) struct Conn {
    pub(super) sender: SendRequest<Body>,
    pub(super) key: Key,
    /// What was dialled: it is checked again before each request.
    pub(super) peer: IpAddr,
    pub(super) moved: Arc<AtomicU64>,
}

/// Keeps connections, the latest used at the end.
#[derive(Default)]
pub(crate) struct Pool {
    kept: Mutex<HashMap<Key, Vec<(Instant, Conn)>>>,
}

impl Pool {
    /// A kept connection that may still be used.
    pub(super) fn take(&self, key: &Key, idle_max: Duration, may: impl Fn(IpAddr) -> bool) -> Option<Conn> {
        let mut kept = self.kept();
        let conns = kept.get_mut(key)?;
        let found = std::iter::from_fn(|| conns.pop())
            .find(|(since, conn)| conn.sender.is_ready() && since.elapsed() < idle_max && may(conn.peer));
        if conns.is_empty() {
            kept.remove(key);
        }
        found.map(|(_, conn)| conn)
    }

    /// Keeps a connection whose answer has been read to its end.
    pub(super) fn put_back(self: Arc<Self>, conn: Conn, limits: &ProxyLimits, tasks: &TaskTracker) {
        if conn.sender.is_closed() {
            return;
        }
        if conn.sender.is_ready() {
            return self.keep(conn, limits);
        }
        // Its driver has not noticed the end of the answer yet, or the request's body is still being sent.
        let limits = limits.clone();
        tasks.spawn(async move {
            let mut conn = conn;
            let ready = tokio::time::timeout(limits.body_idle_timeout, conn.sender.ready()).await;
            if let Ok(Ok(())) = ready {
                self.keep(conn, &limits);
            }
        });
    }

    fn keep(&self, conn: Conn, limits: &ProxyLimits) {
        let mut kept = self.kept();
        let all: usize = kept.values().map(Vec::len).sum();
        let conns = kept.entry(conn.key.clone()).or_default();
        if all < limits.pool_per_box_max && conns.len() < limits.pool_per_upstream_max {
            conns.push((Instant::now(), conn));
        }
    }

    /// Closes what has not been used for too long.
    pub(super) fn prune(&self, idle_max: Duration) {
        self.kept().retain(|_, conns| {
            conns.retain(|(since, conn)| !conn.sender.is_closed() && since.elapsed() < idle_max);
            !conns.is_empty()
        });
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Key, Vec<(Instant, Conn)>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
