//! Kept-alive connections: to gateways, by box and generation, and to other upstreams.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use smartbox_core::BoxId;
use smartbox_core::routing::BaseUrl;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Body;
use crate::config::EdgeConfig;
use crate::ports::Dial;
use crate::routes::{Route, RouteTable};

/// Most of a response's head, and of what is read ahead of a slow client, per connection.
const READ_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// What a connection leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Peer {
    Box(BoxId),
    Upstream(Arc<BaseUrl>),
}

/// A connection, free for one request.
pub(crate) struct Conn {
    pub(crate) sender: SendRequest<Body>,
    peer: Peer,
    /// Always 0 for an upstream.
    generation: i64,
}

struct Idle {
    sender: SendRequest<Body>,
    since: Instant,
}

struct Kept {
    generation: i64,
    /// The latest used is at the end.
    idle: Vec<Idle>,
}

/// Opens and keeps connections.
pub(crate) struct Pool {
    config: Arc<EdgeConfig>,
    dial: Arc<dyn Dial>,
    kept: Mutex<HashMap<Peer, Kept>>,
    /// Drives the connections.
    tasks: TaskTracker,
    hard: CancellationToken,
}

impl Pool {
    pub(crate) fn new(
        config: Arc<EdgeConfig>,
        dial: Arc<dyn Dial>,
        tasks: TaskTracker,
        hard: CancellationToken,
    ) -> Self {
        Self { config, dial, kept: Mutex::default(), tasks, hard }
    }

    /// A kept connection, or a new one.
    ///
    /// # Errors
    /// The gateway cannot be reached.
    pub(crate) async fn connect(&self, route: &Route) -> io::Result<Conn> {
        self.connect_to(Peer::Box(route.id), route.generation).await
    }

    /// A kept connection to another server, or a new one.
    ///
    /// # Errors
    /// It cannot be reached, or is not the one named.
    pub(crate) async fn connect_upstream(&self, base: &Arc<BaseUrl>) -> io::Result<Conn> {
        self.connect_to(Peer::Upstream(Arc::clone(base)), 0).await
    }

    async fn connect_to(&self, peer: Peer, generation: i64) -> io::Result<Conn> {
        let sender = match self.take(&peer, generation) {
            Some(sender) => sender,
            None => self.connect_anew(&peer).await?,
        };
        Ok(Conn { sender, peer, generation })
    }

    async fn connect_anew(&self, peer: &Peer) -> io::Result<SendRequest<Body>> {
        let connected = async {
            let stream = match peer {
                Peer::Box(id) => self.dial.dial(*id, self.config.gateway_port).await?,
                Peer::Upstream(base) => self.dial.dial_upstream(base).await?,
            };
            let mut builder = http1::Builder::new();
            // Most header lines: 100. Set to anything, even to that, hyper takes its room for them from the heap.
            builder.max_buf_size(READ_BUFFER_BYTES_MAX);
            builder.handshake::<_, Body>(TokioIo::new(stream)).await.map_err(io::Error::other)
        };
        let timeout = tokio::time::timeout(self.config.connect_timeout, connected);
        let (sender, driver) =
            timeout.await.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
        let hard = self.hard.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = hard.cancelled() => {}
                // How it ended is told to whoever waits for a response on it.
                _end = driver.with_upgrades() => {}
            }
        });
        Ok(sender)
    }

    /// Keeps a connection whose response has been read to its end.
    pub(crate) fn put_back(self: &Arc<Self>, conn: Conn) {
        if conn.sender.is_closed() {
            return;
        }
        if conn.sender.is_ready() {
            return self.keep(conn);
        }
        // Its driver has not noticed the end of the response yet, or the request's body is still being sent.
        let (pool, hard) = (Arc::clone(self), self.hard.clone());
        self.tasks.spawn(async move {
            let mut conn = conn;
            tokio::select! {
                () = hard.cancelled() => {}
                ready = conn.sender.ready() => if ready.is_ok() { pool.keep(conn) },
            }
        });
    }

    /// Closes what is too old, or belongs to a box that is not ready any more.
    pub(crate) fn prune(&self, table: &RouteTable) {
        let is_there = |peer: &Peer, kept: &Kept| match peer {
            Peer::Box(id) => table.is_ready(*id, kept.generation),
            Peer::Upstream(_) => true,
        };
        self.kept().retain(|peer, kept| {
            kept.idle.retain(|idle| self.is_fresh(idle));
            !kept.idle.is_empty() && is_there(peer, kept)
        });
    }

    fn take(&self, peer: &Peer, generation: i64) -> Option<SendRequest<Body>> {
        let mut peers = self.kept();
        let kept = peers.get_mut(peer).filter(|kept| kept.generation == generation)?;
        while let Some(idle) = kept.idle.pop() {
            if idle.sender.is_ready() && self.is_fresh(&idle) {
                return Some(idle.sender);
            }
        }
        None
    }

    fn keep(&self, conn: Conn) {
        let mut peers = self.kept();
        let new = || Kept { generation: conn.generation, idle: Vec::new() };
        let kept = peers.entry(conn.peer).or_insert_with(new);
        if kept.generation < conn.generation {
            *kept = new();
        }
        if kept.generation == conn.generation && kept.idle.len() < self.config.pool_idle_max {
            kept.idle.push(Idle { sender: conn.sender, since: Instant::now() });
        }
    }

    fn is_fresh(&self, idle: &Idle) -> bool {
        !idle.sender.is_closed() && idle.since.elapsed() < self.config.pool_idle_timeout
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Peer, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
