//! Room for request bodies, by box: the same for a box's programs and for those outside that act for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use smartbox_core::BoxId;
use tokio::sync::Semaphore;

use super::body;

/// The rooms that are in use.
#[derive(Debug, Default)]
pub(super) struct Rooms(Mutex<HashMap<BoxId, Weak<Semaphore>>>);

impl Rooms {
    /// The room of a box, of so many bytes.
    pub(super) fn of(&self, id: BoxId, bytes: usize) -> Arc<Semaphore> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(&id).and_then(Weak::upgrade) {
            return room;
        }
        // Only those that somebody uses stay.
        rooms.retain(|_, room| room.strong_count() > 0);
        let room = body::room(bytes);
        rooms.insert(id, Arc::downgrade(&room));
        room
    }
}
