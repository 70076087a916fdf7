//! Requests to stop: the first is graceful, the second is not.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How far stopping has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop {
    /// Cancelled by the first request: finish the work, then end.
    pub(crate) asked: CancellationToken,
    /// Cancelled by the second request: end now.
    pub(crate) forced: CancellationToken,
}

/// Turns SIGTERM and SIGINT into requests.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Begins to listen: a first process gets no signal that it does not listen for.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Passes requests on until it is dropped.
    pub(crate) async fn run(mut self, stop: Stop) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            if stop.asked.is_cancelled() {
                tracing::warn!("asked to stop again: stopping at once");
                stop.forced.cancel();
            } else {
                tracing::info!("asked to stop");
                stop.asked.cancel();
            }
        }
    }
}
