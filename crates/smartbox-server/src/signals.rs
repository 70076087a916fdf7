//! Signals: the first asks to finish, the second ends at once.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end the platform.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

/// Starts listening. From here on a signal does not kill the process.
pub(crate) fn listen() -> Result<Signals> {
    let listen = |kind| signal(kind).context("cannot listen for signals");
    Ok(Signals { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
}

impl Signals {
    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Starts listening for hang-ups, which ask to read files again. From here on one does not end the process.
pub(crate) fn hangups() -> Result<Signal> {
    signal(SignalKind::hangup()).context("cannot listen for signals")
}
