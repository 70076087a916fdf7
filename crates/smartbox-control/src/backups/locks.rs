//! One lock for the repository of each box: what writes to it, reads it as a whole or cleans it up is alone with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use smartbox_core::BoxId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Unused locks are thrown away beyond this many.
const UNUSED_MAX: usize = 256;

#[derive(Default)]
pub(crate) struct Locks {
    boxes: Mutex<HashMap<BoxId, Arc<AsyncMutex<()>>>>,
}

impl Locks {
    pub(crate) async fn lock(&self, id: BoxId) -> OwnedMutexGuard<()> {
        let lock = {
            let mut boxes = self.boxes.lock().unwrap_or_else(PoisonError::into_inner);
            if boxes.len() > UNUSED_MAX {
                boxes.retain(|_, lock| Arc::strong_count(lock) > 1);
            }
            Arc::clone(boxes.entry(id).or_default())
        };
        lock.lock_owned().await
    }
}
