//! Whether a socket is still of use.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::EdgeConfig;

/// How often within the longest silence it is looked for: a silent socket costs nothing else.
const LOOKS: u32 = 8;
/// Shortest time between two looks.
const PERIOD_MIN: Duration = Duration::from_millis(10);

/// What a watcher can see of a tunnel.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    bytes: AtomicU64,
    is_greeted: AtomicBool,
}

impl Traffic {
    /// The edge itself has said something, and was heard.
    pub(super) fn note(&self) {
        self.bytes.fetch_add(1, Ordering::Relaxed);
    }

    /// The gateway's protocol is spoken from now on.
    pub(super) fn greet(&self) {
        self.is_greeted.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_greeted(&self) -> bool {
        self.is_greeted.load(Ordering::Relaxed)
    }
}

/// Returns when the tunnel has been silent for too long.
pub(super) async fn watch(config: &EdgeConfig, traffic: &Traffic) {
    let period = (config.tunnel_idle_timeout / LOOKS).max(PERIOD_MIN);
    let mut tick = interval(period);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut seen, mut silent) = (0, Duration::ZERO);
    loop {
        let _now = tick.tick().await;
        let bytes = traffic.bytes.load(Ordering::Relaxed);
        silent = if bytes == seen { silent + period } else { Duration::ZERO };
        seen = bytes;
        if silent > config.tunnel_idle_timeout {
            return;
        }
    }
}

/// One side of a tunnel, whose reads are counted.
pub(super) struct Watched<S> {
    inner: S,
    traffic: Arc<Traffic>,
}

impl<S> Watched<S> {
    pub(super) fn new(inner: S, traffic: &Arc<Traffic>) -> Self {
        Self { inner, traffic: Arc::clone(traffic) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        self.traffic.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
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
