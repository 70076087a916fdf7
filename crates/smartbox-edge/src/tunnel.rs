//! Upgraded connections: bytes both ways, until one side ends or both are silent.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional_with_sizes};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::config::EdgeConfig;
use crate::sockets::Ticket;

/// How often silence and half-closed tunnels are looked for.
const WATCH_PERIOD: Duration = Duration::from_secs(1);
/// Longest wait for a side to finish its part of the switch of protocols.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// What a watcher can see of a tunnel.
#[derive(Debug, Default)]
struct Traffic {
    bytes: AtomicU64,
    is_half_closed: AtomicBool,
}

/// Relays between two sides once both have switched protocols.
pub(crate) async fn relay(
    config: &EdgeConfig,
    client: OnUpgrade,
    gateway: OnUpgrade,
    ticket: &Ticket,
    hard: &CancellationToken,
) {
    let both = async { tokio::try_join!(client, gateway) };
    let switched = tokio::select! {
        () = hard.cancelled() => return,
        switched = tokio::time::timeout(UPGRADE_TIMEOUT, both) => switched,
    };
    let Ok(Ok((client, gateway))) = switched else { return };
    let traffic = Arc::new(Traffic::default());
    let mut client = Watched::new(client, &traffic);
    let mut gateway = Watched::new(gateway, &traffic);
    let buffer = config.tunnel_buffer_bytes;
    tokio::select! {
        () = hard.cancelled() => {}
        _why = ticket.ended() => {}
        // Dropping both sides closes them, however it ended.
        _end = copy_bidirectional_with_sizes(&mut client, &mut gateway, buffer, buffer) => {}
        () = watch(config, &traffic) => {}
    }
}

/// Returns when the tunnel has been silent, or half-closed, for too long.
async fn watch(config: &EdgeConfig, traffic: &Traffic) {
    let mut tick = interval(WATCH_PERIOD);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut seen, mut silent, mut half_closed) = (0, Duration::ZERO, Duration::ZERO);
    loop {
        let _now = tick.tick().await;
        let bytes = traffic.bytes.load(Ordering::Relaxed);
        silent = if bytes == seen { silent + WATCH_PERIOD } else { Duration::ZERO };
        seen = bytes;
        if traffic.is_half_closed.load(Ordering::Relaxed) {
            half_closed += WATCH_PERIOD;
        }
        if silent > config.tunnel_idle_timeout || half_closed > config.tunnel_linger {
            return;
        }
    }
}

/// One side of a tunnel, whose reads are counted.
struct Watched {
    inner: TokioIo<Upgraded>,
    traffic: Arc<Traffic>,
}

impl Watched {
    fn new(inner: Upgraded, traffic: &Arc<Traffic>) -> Self {
        Self { inner: TokioIo::new(inner), traffic: Arc::clone(traffic) }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        match buf.filled().len() - before {
            0 => self.traffic.is_half_closed.store(true, Ordering::Relaxed),
            read => drop(self.traffic.bytes.fetch_add(read as u64, Ordering::Relaxed)),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
