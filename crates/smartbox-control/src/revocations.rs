//! Tells whoever holds live connections that a right has ended.

use smartbox_core::Tie;
use tokio::sync::broadcast;

/// Revocations that wait for a slow follower. One that falls behind learns that it did, and must assume the worst.
const WAITING_MAX: usize = 1024;

/// The channel of revocations.
#[derive(Clone)]
pub(crate) struct Revocations(broadcast::Sender<Tie>);

impl Default for Revocations {
    fn default() -> Self {
        Self(broadcast::Sender::new(WAITING_MAX))
    }
}

impl Revocations {
    /// To be called once the right has ended for whoever asks from now on.
    pub(crate) fn tell(&self, ended: Tie) {
        // Nobody may be listening; then there are no live connections either.
        let _listeners = self.0.send(ended);
    }

    pub(crate) fn follow(&self) -> broadcast::Receiver<Tie> {
        self.0.subscribe()
    }
}
