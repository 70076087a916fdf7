//! Accepts connections, looks after them, and lets them end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::bind::EdgeListener;
use crate::bounded_io::BoundedIo;
use crate::edge::Shared;

/// How often idle connections and forgotten boxes are looked after.
const UPKEEP_PERIOD: Duration = Duration::from_secs(1);
/// Pause after a failed accept: it fails for lack of file descriptors, which others must give back first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Room for what a client sends behind a request's head.
const READ_AHEAD_BYTES: usize = 32 * 1024;

/// What hyper allows by itself. It has room for these on the stack; for a number that it is told, even the same, on the
/// heap.
const HYPER_HEADERS_MAX: usize = 100;

/// What is known of a client's connection.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    /// The address on which it came in.
    pub(crate) local: SocketAddr,
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
                    shared.connections.spawn(connection_task(Arc::clone(shared), stream, connection));
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
    shared.hold.prune();
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
    Ok((stream, Connection { peer, local, place: Arc::new(place) }))
}

async fn connection_task(shared: Arc<Shared>, stream: TcpStream, connection: Connection) {
    let config = &shared.config;
    let io = TokioIo::new(BoundedIo::new(stream, config.stall_timeout));
    let service = service_fn(|request: Request<Incoming>| {
        let (shared, connection) = (Arc::clone(&shared), connection.clone());
        async move { Ok::<_, Infallible>(shared.answer(connection, request).await) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(config.head_timeout)
        .max_header_size(config.head_bytes_max)
        .max_buf_size(config.head_bytes_max + READ_AHEAD_BYTES);
    if config.headers_max != HYPER_HEADERS_MAX {
        builder.max_headers(config.headers_max);
    }
    let mut serving = pin!(builder.serve_connection(io, service).with_upgrades());
    let mut is_draining = false;
    loop {
        tokio::select! {
            biased;
            () = shared.hard.cancelled() => return,
            end = serving.as_mut() => {
                if let Err(error) = end {
                    tracing::debug!(%error, peer = %connection.peer, "connection ended early");
                }
                return;
            }
            () = shared.stop.cancelled(), if !is_draining => {
                is_draining = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
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
