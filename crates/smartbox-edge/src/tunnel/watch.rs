//! Whether a socket is still of use.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::EdgeConfig;

/// How often silence and half-closed tunnels are looked for.
const WATCH_PERIOD: Duration = Duration::from_secs(1);

/// What a watcher can see of a tunnel.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    bytes: AtomicU64,
    is_half_closed: AtomicBool,
}

/// Returns when the tunnel has been silent, or half-closed, for too long.
pub(super) async fn watch(config: &EdgeConfig, traffic: &Traffic) {
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
pub(super) struct Watched {
    inner: TokioIo<Upgraded>,
    traffic: Arc<Traffic>,
}

impl Watched {
    pub(super) fn new(inner: Upgraded, traffic: &Arc<Traffic>) -> Self {
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
