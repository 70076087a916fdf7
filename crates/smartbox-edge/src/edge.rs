//! The edge as a whole: what all connections share.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bind::EdgeListener;
use crate::config::EdgeConfig;
use crate::hold::Hold;
use crate::ingress::Ingress;
use crate::limits::Limits;
use crate::look::EdgeLook;
use crate::numbers::{EdgeNumbers, Totals};
use crate::places::Places;
use crate::pool::Pool;
use crate::ports::EdgePorts;
use crate::serve;
use crate::sockets::Sockets;
use crate::tunnel::SHARE_BYTES;

/// The public listener's service.
pub struct Edge {
    shared: Arc<Shared>,
}

/// Where other platforms on the same database come in.
pub struct PeerEdge {
    shared: Arc<Shared>,
}

impl PeerEdge {
    /// Serves them until the edge is stopped.
    pub async fn serve(self, listener: EdgeListener) {
        serve::peers::serve(self.shared, listener).await;
    }
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) config: Arc<EdgeConfig>,
    pub(crate) ports: EdgePorts,
    pub(crate) hold: Arc<Hold>,
    pub(crate) pool: Arc<Pool>,
    /// What is open because of somebody's right.
    pub(crate) sockets: Sockets,
    /// Memory for large messages over sockets.
    pub(crate) socket_memory: Arc<Semaphore>,
    pub(crate) limits: Limits,
    /// What addresses and callers have open.
    pub(crate) places: Places,
    /// TLS handshakes that may still begin.
    pub(crate) handshakes: Arc<Semaphore>,
    /// Requests over HTTP/2 that may still begin.
    pub(crate) streams: Arc<Semaphore>,
    /// Clients' connections.
    pub(crate) connections: TaskTracker,
    /// Upgraded connections.
    pub(crate) tunnels: TaskTracker,
    /// Connections to gateways.
    pub(crate) upstream: TaskTracker,
    /// What was done.
    pub(crate) totals: Arc<Totals>,
    /// Finish what you have.
    pub(crate) stop: CancellationToken,
    /// Drop it.
    pub(crate) hard: CancellationToken,
}

impl Edge {
    /// Puts the edge together. `stop` makes it finish what it has, `hard` drop it.
    pub fn new(
        config: EdgeConfig,
        ports: EdgePorts,
        stop: CancellationToken,
        hard: &CancellationToken,
    ) -> Self {
        let config = Arc::new(config);
        // Cancelled by the edge itself at the end of its drain, which is nobody else's business.
        let hard = hard.child_token();
        let upstream = TaskTracker::new();
        let pool =
            Arc::new(Pool::new(Arc::clone(&config), Arc::clone(&ports.dial), upstream.clone(), hard.clone()));
        // A connection carries one request or one socket at a time, or streams of HTTP/2.
        let sockets = Sockets::new(config.connections_max + config.streams_max);
        let handshakes = Arc::new(Semaphore::new(config.handshakes_max));
        let streams = Arc::new(Semaphore::new(config.streams_max));
        let socket_memory = Arc::new(Semaphore::new(config.socket_memory_bytes_max / SHARE_BYTES));
        let hold = Arc::new(Hold::new(Arc::clone(&config), &ports, Arc::clone(&pool), stop.clone()));
        let shared = Shared {
            config,
            ports,
            hold,
            pool,
            sockets,
            socket_memory,
            limits: Limits::default(),
            places: Places::default(),
            handshakes,
            streams,
            connections: TaskTracker::new(),
            tunnels: TaskTracker::new(),
            upstream,
            totals: Arc::default(),
            stop,
            hard,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Closes what is open because of a right that has ended.
    pub fn sockets(&self) -> Sockets {
        self.shared.sockets.clone()
    }

    /// Tells what the edge does.
    pub fn numbers(&self) -> EdgeNumbers {
        EdgeNumbers { totals: Arc::clone(&self.shared.totals), tunnels: self.shared.tunnels.clone() }
    }

    /// Shows what the edge has in its hands.
    pub fn look(&self) -> EdgeLook {
        EdgeLook(Arc::clone(&self.shared))
    }

    /// The same edge for other platforms, which pass on requests about boxes of this one.
    pub fn for_peers(&self) -> PeerEdge {
        PeerEdge { shared: Arc::clone(&self.shared) }
    }

    /// Shuts and opens the way into boxes.
    pub fn ingress(&self) -> Ingress {
        Ingress::new(Arc::clone(&self.shared.hold))
    }

    /// Serves until it is stopped. After the stop signal nothing is accepted; requests may go on for
    /// [`EdgeConfig::drain_timeout`], then upgraded sockets and whatever is left are closed. Returns when nothing
    /// is left.
    pub async fn serve(self, listener: EdgeListener) {
        serve::serve(&self.shared, listener).await;
    }
}
