//! The forward proxy: the only way from a box to the network.
//!
//! A box has no network but its own loopback. This proxy listens there, at [`PROXY_PORT`]; whoever connects *is* that box.
//! Boxes elsewhere come to a listener of the host and bring a credential.
//!
//! ```text
//! head ─▶ who (listener, or credential) ─▶ policy by name ─▶ look up ─▶ check each address ─▶ dial what was checked
//!                                            │                            │                      │
//!                                            └── 403, readable, and an event for the owner       ├▶ CONNECT: bytes both ways
//!                                                                                                └▶ HTTP: request by request
//! ```
//!
//! Bytes are counted at the upstream's socket as they pass, and handed over while tunnels are open.

mod admit;
mod body;
mod connect;
mod copy;
mod counted;
mod credentials;
mod credit;
mod dial;
mod forward;
mod head;
mod headers;
mod http;
mod inject;
mod intercept;
mod limits;
mod meter;
mod numbers;
mod outgoing;
mod own;
mod pool;
mod ports;
mod prefixed;
mod refusal;
mod resolver;
mod secure;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use smartbox_core::BoxId;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use admit::{Admissions, Allowance, UsedUp};
pub use limits::ProxyLimits;
pub use numbers::ProxyNumbers;
pub use own::KernelAddresses;
pub use ports::{
    Authenticate, BoxInjections, EndedConnection, Leaf, Meter, OwnAddresses, Policies, RefusedRequest,
    Report, Resolve, SetAside, Used, Vault,
};
pub use resolver::SystemResolver;
pub use secure::upstream_tls;

use crate::accept::{Accept, Duplex};
use crate::serving::{ServeError, serve_each};
use dial::Caller;
use head::First;
use prefixed::Prefixed;
use refusal::Refusal;

/// Port of the forward proxy on the loopback of every box.
pub const PROXY_PORT: u16 = 3128;

/// What the proxy is connected to.
pub struct ProxyPorts {
    /// What boxes may reach, always the latest.
    pub policies: watch::Receiver<Arc<Policies>>,
    /// What boxes have left, always the latest.
    pub admissions: watch::Receiver<Arc<Admissions>>,
    /// Looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// Keeps what was used.
    pub meter: Arc<dyn Meter>,
    /// Tells owners of refusals and of connections.
    pub report: Arc<dyn Report>,
    /// Knows remote boxes.
    pub authenticate: Arc<dyn Authenticate>,
    /// Knows this machine's addresses.
    pub own: Arc<dyn OwnAddresses>,
    /// Has secrets, and certificates for hosts whose TLS is ended here.
    pub vault: Arc<dyn Vault>,
    /// Whom upstreams are believed by that are spoken to for such a host. See [`upstream_tls`].
    pub tls: Arc<rustls::ClientConfig>,
}

/// Serves boxes. Cheap to clone.
#[derive(Clone)]
pub struct ForwardProxy {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    limits: ProxyLimits,
    ports: ProxyPorts,
    names: resolver::Names,
    /// Places for the connections of all boxes.
    places: Semaphore,
    callers: Mutex<HashMap<BoxId, Arc<Caller>>>,
    /// A tunnel has ended, so there is something to hand over.
    ended: Notify,
    flushing: tokio::sync::Mutex<()>,
    /// Nothing was recorded for too long: open tunnels of boxes with limits look.
    halted: Notify,
    /// Since when the meter takes nothing.
    meter_down_since: Mutex<Option<Instant>>,
    /// Connections to upstreams, and tunnels on connections that carry more than one.
    tasks: TaskTracker,
    totals: numbers::Totals,
}

/// How a connection came in, which says whose it is.
#[derive(Clone)]
enum Door {
    /// In the box's own network.
    Local(Arc<Caller>),
    /// From elsewhere: by its credential.
    Remote,
}

impl ForwardProxy {
    /// A proxy with these bounds.
    pub fn new(ports: ProxyPorts, limits: ProxyLimits) -> Self {
        let inner = Inner {
            places: Semaphore::new(limits.all_connections_max),
            limits,
            ports,
            names: resolver::Names::default(),
            callers: Mutex::default(),
            ended: Notify::new(),
            flushing: tokio::sync::Mutex::default(),
            halted: Notify::new(),
            meter_down_since: Mutex::default(),
            tasks: TaskTracker::new(),
            totals: numbers::Totals::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Serves one box on a listener in its own network until `stop`.
    ///
    /// # Errors
    /// If the listener fails again and again.
    pub async fn serve(
        &self,
        box_id: BoxId,
        listener: impl Accept,
        stop: CancellationToken,
    ) -> Result<(), ServeError> {
        let door = Door::Local(self.inner.caller(box_id));
        self.serve_door(door, self.inner.limits.connections_max, listener, stop).await
    }

    /// Serves boxes that bring their credential until `stop`.
    ///
    /// # Errors
    /// If the listener fails again and again.
    pub async fn serve_remote(
        &self,
        listener: impl Accept,
        stop: CancellationToken,
    ) -> Result<(), ServeError> {
        self.serve_door(Door::Remote, self.inner.limits.remote_connections_max, listener, stop).await
    }

    async fn serve_door(
        &self,
        door: Door,
        connections_max: usize,
        listener: impl Accept,
        stop: CancellationToken,
    ) -> Result<(), ServeError> {
        serve_each(listener, connections_max, self.inner.limits.drain, stop, |stream, stop| {
            connection(Arc::clone(&self.inner), door.clone(), stream, stop)
        })
        .await
    }
}

impl Inner {
    fn callers(&self) -> MutexGuard<'_, HashMap<BoxId, Arc<Caller>>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn callers_snapshot(&self) -> Vec<Arc<Caller>> {
        self.callers().values().cloned().collect()
    }

    /// A box at the proxy: the same one for all its doors.
    fn caller(self: &Arc<Self>, id: BoxId) -> Arc<Caller> {
        let mut callers = self.callers();
        Arc::clone(callers.entry(id).or_insert_with(|| Arc::new(Caller::new(id, self))))
    }

    /// Finds out whose a request is.
    async fn admit(
        self: &Arc<Self>,
        door: &Door,
        credential: Option<(BoxId, SecretString)>,
    ) -> Result<Arc<Caller>, Refusal> {
        match door {
            Door::Local(caller) => Ok(Arc::clone(caller)),
            Door::Remote => {
                let (id, token) = credential.ok_or(Refusal::Unauthenticated)?;
                if !self.ports.authenticate.is_box(id, &token).await {
                    return Err(Refusal::Unauthenticated);
                }
                Ok(self.caller(id))
            }
        }
    }
}

/// Serves one connection to its end.
async fn connection(inner: Arc<Inner>, door: Door, mut stream: Box<dyn Duplex>, stop: CancellationToken) {
    let Ok(_place) = inner.places.try_acquire() else {
        return connect::say(stream, Refusal::Busy("connections"), "").await;
    };
    let first = tokio::select! { biased;
        () = stop.cancelled() => return,
        first = head::first(&mut *stream, inner.limits.head_bytes_max, inner.limits.head_timeout) => first,
    };
    match first {
        Ok(First::End) => {}
        Ok(First::Other(read)) => {
            Box::pin(http::serve(Arc::clone(&inner), door, Prefixed::new(read, stream), stop)).await
        }
        Ok(First::Connect(head, ahead)) => match inner.admit(&door, head.credential).await {
            Ok(caller) => connect::serve(caller, (head.host, head.port), ahead, stream, stop).await,
            Err(refusal) => connect::say(stream, refusal, "").await,
        },
        Err(refusal) => connect::say(stream, refusal, "").await,
    }
}

/// Lets `fuzz/` reach the reader of heads.
#[cfg(feature = "fuzzing")]
pub mod fuzzing {
    /// Reads a head. Whatever it says, it must not panic.
    pub fn head(bytes: &[u8]) {
        let _ = super::head::parse(bytes);
    }
}
