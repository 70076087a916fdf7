//! Kept-alive connections: to gateways, by box and generation, and to other upstreams.
//!
//! Most requests to gateways go over a [`Line`]. What has to be streamed towards a gateway, or speaks WebSocket, goes over
//! hyper, and so does everything towards other upstreams.

use std::io;
use std::sync::Arc;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use smartbox_core::BoxId;
use smartbox_core::routing::BaseUrl;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Body;
use crate::config::EdgeConfig;
use crate::line::Line;
use crate::ports::{Dial, Duplex};
use crate::routes::{Route, RouteTable};

mod shelf;

use shelf::Shelf;

/// Most of a response's head, and of what is read ahead of a slow client, per connection of hyper.
const READ_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// What a connection leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Peer {
    Box(BoxId),
    Upstream(Arc<BaseUrl>),
}

/// A connection to a gateway, free for one request.
pub(crate) struct Conn {
    pub(crate) line: Line,
    id: BoxId,
    generation: i64,
}

/// A connection that hyper drives, free for one request.
pub(crate) struct Sender {
    pub(crate) sender: SendRequest<Body>,
    peer: Peer,
    /// Always 0 for an upstream.
    generation: i64,
}

/// Opens and keeps connections.
pub(crate) struct Pool {
    config: Arc<EdgeConfig>,
    dial: Arc<dyn Dial>,
    lines: Shelf<BoxId, Line>,
    senders: Shelf<Peer, SendRequest<Body>>,
    /// Drives the connections of hyper.
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
        let (max, timeout) = (config.pool_idle_max, config.pool_idle_timeout);
        let (lines, senders) = (Shelf::new(max, timeout), Shelf::new(max, timeout));
        Self { config, dial, lines, senders, tasks, hard }
    }

    /// A kept connection, or a new one.
    ///
    /// # Errors
    /// The gateway cannot be reached.
    pub(crate) async fn connect(&self, route: &Route) -> io::Result<Conn> {
        let (id, generation) = (route.id, route.generation);
        let line = match self.lines.take(&id, generation, |line| !line.is_stale()) {
            Some(line) => line,
            None => {
                let dialled = self.dial.dial(id, self.config.gateway_port);
                Line::new(self.in_time(dialled).await?)
            }
        };
        Ok(Conn { line, id, generation })
    }

    /// The same for a request that hyper has to send: another kept connection, or this one.
    ///
    /// # Errors
    /// The connection has ended.
    pub(crate) async fn hand_to_hyper(&self, conn: Conn) -> io::Result<Sender> {
        let (peer, generation) = (Peer::Box(conn.id), conn.generation);
        if let Some(sender) = self.senders.take(&peer, generation, |sender| sender.is_ready()) {
            self.keep(conn);
            return Ok(Sender { sender, peer, generation });
        }
        Ok(Sender { sender: self.drive(conn.line.into_io()).await?, peer, generation })
    }

    /// A kept connection to another server, or a new one.
    ///
    /// # Errors
    /// It cannot be reached, or is not the one named.
    pub(crate) async fn connect_upstream(&self, base: &Arc<BaseUrl>) -> io::Result<Sender> {
        let (peer, generation) = (Peer::Upstream(Arc::clone(base)), 0);
        let sender = match self.senders.take(&peer, generation, |sender| sender.is_ready()) {
            Some(sender) => sender,
            None => {
                let connected = async { self.drive(self.dial.dial_upstream(base).await?).await };
                self.in_time(connected).await?
            }
        };
        Ok(Sender { sender, peer, generation })
    }

    async fn in_time<T>(&self, connected: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let timeout = tokio::time::timeout(self.config.connect_timeout, connected);
        timeout.await.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn drive(&self, stream: Box<dyn Duplex>) -> io::Result<SendRequest<Body>> {
        let mut builder = http1::Builder::new();
        // Most header lines: 100. Set to anything, even to that, hyper takes its room for them from the heap.
        builder.max_buf_size(READ_BUFFER_BYTES_MAX);
        let (sender, driver) =
            builder.handshake::<_, Body>(TokioIo::new(stream)).await.map_err(io::Error::other)?;
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

    /// Keeps a connection that is free again.
    pub(crate) fn keep(&self, conn: Conn) {
        let Conn { line, id, generation } = conn;
        if line.is_free() {
            self.lines.put(id, generation, line);
        }
    }

    /// Keeps a connection whose response has been read to its end.
    pub(crate) fn put_back(self: &Arc<Self>, sender: Sender) {
        if sender.sender.is_closed() {
            return;
        }
        if sender.sender.is_ready() {
            return self.keep_sender(sender);
        }
        // Its driver has not noticed the end of the response yet, or the request's body is still being sent.
        let (pool, hard) = (Arc::clone(self), self.hard.clone());
        self.tasks.spawn(async move {
            let mut sender = sender;
            tokio::select! {
                () = hard.cancelled() => {}
                ready = sender.sender.ready() => if ready.is_ok() { pool.keep_sender(sender) },
            }
        });
    }

    fn keep_sender(&self, Sender { sender, peer, generation }: Sender) {
        self.senders.put(peer, generation, sender);
    }

    /// Closes what is too old, or belongs to a box that is not ready any more.
    pub(crate) fn prune(&self, table: &RouteTable) {
        self.lines.prune(|line| !line.is_stale(), |id, generation| table.is_ready(*id, generation));
        self.senders.prune(
            |sender| !sender.is_closed(),
            |peer, generation| match peer {
                Peer::Box(id) => table.is_ready(*id, generation),
                Peer::Upstream(_) => true,
            },
        );
    }
}
