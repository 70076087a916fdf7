//! Hints that something changed. They carry no data: who is woken looks for itself.

use tokio::sync::{Notify, watch};

/// Wakes the reconcile loop and everybody who waits for a result.
pub struct Changes {
    reconcile: Notify,
    revision: watch::Sender<u64>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { reconcile: Notify::new(), revision: watch::Sender::new(0) }
    }
}

impl Changes {
    /// Intent was written: the loop should look.
    pub(crate) fn intent(&self) {
        self.reconcile.notify_one();
        self.written();
    }

    /// Something was written: waiters should look.
    pub(crate) fn written(&self) {
        self.revision.send_modify(|revision| *revision = revision.wrapping_add(1));
    }

    /// Waits for the next hint to the loop. One given while nobody waited is kept.
    pub(crate) async fn intended(&self) {
        self.reconcile.notified().await;
    }

    /// Subscribes to writes. Subscribe before you look, so that nothing is missed in between.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
