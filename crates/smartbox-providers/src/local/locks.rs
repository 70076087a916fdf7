//! One lock for each box.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use smartbox_core::BoxId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Unused locks are thrown away beyond this many.
const UNUSED_MAX: usize = 256;

/// Held while a call changes a box.
pub(super) type BoxGuard = OwnedMutexGuard<()>;

#[derive(Default)]
pub(super) struct Locks {
    boxes: Mutex<BTreeMap<BoxId, Arc<AsyncMutex<()>>>>,
}

impl Locks {
    pub(super) async fn lock(&self, id: BoxId) -> BoxGuard {
        self.of(id).lock_owned().await
    }

    /// The lock, unless a call has it.
    pub(super) fn try_lock(&self, id: BoxId) -> Option<BoxGuard> {
        self.of(id).try_lock_owned().ok()
    }

    fn of(&self, id: BoxId) -> Arc<AsyncMutex<()>> {
        let mut boxes = self.boxes.lock().unwrap_or_else(PoisonError::into_inner);
        if boxes.len() > UNUSED_MAX {
            boxes.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        Arc::clone(boxes.entry(id).or_default())
    }
}
