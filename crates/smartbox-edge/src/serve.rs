//! Accepts connections, looks after them, and lets them end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::bind::EdgeListener;
use crate::edge::Shared;

mod connection;
mod direct;
mod handshake;
mod http1;
mod http2;
pub(crate) mod peers;
mod rewound;
mod streams;

/// How often idle connections and forgotten boxes are looked after.
const UPKEEP_PERIOD: Duration = Duration::from_secs(1);
/// Pause after a failed accept: it fails for lack of file descriptors, which others must give back first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is known of a client's connection.
#[derive(Clone)]
pub(crate) struct Connection {
    /// Whoever is at its other end; of a request, whoever trusted proxies say it comes from.
    pub(crate) peer: SocketAddr,
    /// The address on which it came in.
    pub(crate) local: SocketAddr,
    /// Whether the edge itself ends TLS.
    pub(crate) is_tls: bool,
    /// Whether it came in where other platforms do: then it is one, or it is refused.
    pub(crate) is_internal: bool,
    /// Whether both of its ends are on this machine's loopback.
    pub(crate) is_loopback: bool,
    /// Its place among the connections, which an upgraded one keeps.
    pub(crate) place: Arc<OwnedSemaphorePermit>,
}

/// Serves until the stop signal, then drains.
pub(crate) async fn serve(shared: &Arc<Shared>, listener: EdgeListener) {
    let places = Arc::new(Semaphore::new(shared.config.connections_max));
    let mut routes = shared.ports.routes.clone();
    let mut upkeep = interval(UPKEEP_PERIOD);
    upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_published = true;
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => break,
            () = shared.hard.cancelled() => break,
            change = routes.changed(), if is_published => {
                is_published = change.is_ok();
                prune(shared);
            }
            _tick = upkeep.tick() => prune(shared),
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, connection)) => {
                    let tls = listener.tls.clone();
                    shared.connections.spawn(connection::serve(Arc::clone(shared), stream, connection, tls));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    drop(listener);
    drain(shared).await;
}

fn prune(shared: &Shared) {
    let table = Arc::clone(&shared.ports.routes.borrow());
    shared.pool.prune(&table);
    shared.hold.prune(&table);
    shared.sockets.prune(&table);
    shared.limits.prune();
}

/// Takes a place first: what has no place waits in the kernel's queue. Cancel-safe.
async fn accept(listener: &EdgeListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, Connection)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.socket.accept().await?;
    // Small frames of a chat must not wait for each other.
    stream.set_nodelay(true)?;
    let local = stream.local_addr()?;
    Ok((
        stream,
        Connection {
            peer,
            local,
            is_tls: listener.tls.is_some(),
            is_internal: false,
            is_loopback: peer.ip().to_canonical().is_loopback() && local.ip().to_canonical().is_loopback(),
            place: Arc::new(place),
        },
    ))
}

async fn drain(shared: &Shared) {
    for tasks in [&shared.connections, &shared.tunnels, &shared.upstream] {
        tasks.close();
    }
    tokio::select! {
        () = shared.hard.cancelled() => {}
        drained = timeout(shared.config.drain_timeout, shared.connections.wait()) => {
            if drained.is_err() {
                tracing::warn!(open = shared.connections.len(), "requests are cut off: the time to drain is over");
            }
        }
    }
    shared.hard.cancel();
    shared.connections.wait().await;
    shared.tunnels.wait().await;
    shared.upstream.wait().await;
}
