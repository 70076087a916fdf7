//! Doors that only remember whether they are open.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use smartbox_control::{Doors, WorkSeen};
use smartbox_core::BoxId;

/// Doors that only remember whether they are open.
#[derive(Debug, Default)]
pub struct FakeDoors(Mutex<BTreeSet<BoxId>>);

impl FakeDoors {
    /// Whether the platform's services answer inside the box.
    pub fn is_open(&self, id: BoxId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

#[async_trait::async_trait]
impl Doors for FakeDoors {
    async fn ensure_open(&self, id: BoxId) -> Result<(), String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Ok(())
    }

    fn close(&self, id: BoxId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    fn work(&self, _id: BoxId) -> WorkSeen {
        WorkSeen::default()
    }
}
