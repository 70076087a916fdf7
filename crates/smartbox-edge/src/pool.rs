//! Kept-alive connections to gateways, by box and generation.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use smartbox_core::BoxId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Body;
use crate::config::EdgeConfig;
use crate::ports::Dial;
use crate::routes::{Route, RouteTable};

/// Most of a response's head, and of what is read ahead of a slow client, per connection.
const READ_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// A connection to a gateway, free for one request.
pub(crate) struct Conn {
    pub(crate) sender: SendRequest<Body>,
    id: BoxId,
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
    kept: Mutex<HashMap<BoxId, Kept>>,
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
        let sender = match self.take(route) {
            Some(sender) => sender,
            None => self.connect_anew(route).await?,
        };
        Ok(Conn { sender, id: route.id, generation: route.generation })
    }

    async fn connect_anew(&self, route: &Route) -> io::Result<SendRequest<Body>> {
        let connected = async {
            let stream = self.dial.dial(route.id, self.config.gateway_port).await?;
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
        self.kept().retain(|id, kept| {
            kept.idle.retain(|idle| self.is_fresh(idle));
            !kept.idle.is_empty() && table.is_ready(*id, kept.generation)
        });
    }

    fn take(&self, route: &Route) -> Option<SendRequest<Body>> {
        let mut boxes = self.kept();
        let kept = boxes.get_mut(&route.id).filter(|kept| kept.generation == route.generation)?;
        while let Some(idle) = kept.idle.pop() {
            if idle.sender.is_ready() && self.is_fresh(&idle) {
                return Some(idle.sender);
            }
        }
        None
    }

    fn keep(&self, conn: Conn) {
        let mut boxes = self.kept();
        let new = || Kept { generation: conn.generation, idle: Vec::new() };
        let kept = boxes.entry(conn.id).or_insert_with(new);
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

    fn kept(&self) -> MutexGuard<'_, HashMap<BoxId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
