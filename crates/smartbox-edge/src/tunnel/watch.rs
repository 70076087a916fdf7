//! Whether a socket is still of use.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
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
        let read = buf.filled().len() - before;
        self.traffic.bytes.fetch_add(read as u64, Ordering::Relaxed);
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
