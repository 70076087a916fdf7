//! Hints that something changed. They carry no data but where to look first: who is woken looks for itself.

use std::sync::{Mutex, PoisonError};

use smartbox_core::BoxId;
use tokio::sync::{Notify, watch};

/// More boxes than this at once are a reason to look at all of them.
const HINTS_MAX: usize = 16;

/// Wakes the reconcile loop and everybody who waits for a result.
pub struct Changes {
    reconcile: Notify,
    schedules: Notify,
    hinted: Mutex<Vec<BoxId>>,
    revision: watch::Sender<u64>,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            reconcile: Notify::new(),
            schedules: Notify::new(),
            hinted: Mutex::default(),
            revision: watch::Sender::new(0),
        }
    }
}

impl Changes {
    /// Intent about a box was written: the loop should look.
    pub(crate) fn intent(&self, id: BoxId) {
        let mut hinted = self.hinted();
        if hinted.len() <= HINTS_MAX && !hinted.contains(&id) {
            hinted.push(id);
        }
        drop(hinted);
        self.reconcile.notify_one();
        self.written();
    }

    /// Something about many boxes was written: the loop should look at all of them.
    pub(crate) fn all(&self) {
        self.hinted().clear();
        self.reconcile.notify_one();
        self.written();
    }

    /// A schedule was changed: whoever acts on them should look, and the loop that wakes boxes ahead.
    pub(crate) fn scheduled(&self) {
        self.schedules.notify_one();
        self.all();
    }

    /// Boxes of another platform are this one's from now on: whoever acts on boxes should look.
    pub(crate) fn taken_over(&self) {
        self.scheduled();
    }

    /// Waits for such a change. One made while nobody waited is kept.
    pub(crate) async fn schedules_changed(&self) {
        self.schedules.notified().await;
    }

    /// Something was written: waiters should look.
    pub(crate) fn written(&self) {
        self.revision.send_modify(|revision| *revision = revision.wrapping_add(1));
    }

    /// Waits for the next hint to the loop. One given while nobody waited is kept.
    pub(crate) async fn intended(&self) {
        self.reconcile.notified().await;
    }

    /// The boxes to look at first; `None`: at all of them.
    pub(crate) fn take_hints(&self) -> Option<Vec<BoxId>> {
        let hinted = std::mem::take(&mut *self.hinted());
        (!hinted.is_empty() && hinted.len() <= HINTS_MAX).then_some(hinted)
    }

    fn hinted(&self) -> std::sync::MutexGuard<'_, Vec<BoxId>> {
        self.hinted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Subscribes to writes. Subscribe before you look, so that nothing is missed in between.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
