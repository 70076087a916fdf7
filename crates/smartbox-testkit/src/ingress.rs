//! An edge that does what a test tells it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smartbox_control::{Ingress, WorkSeen};
use smartbox_core::BoxId;

/// An edge that does what a test tells it, and remembers which boxes are closed.
#[derive(Debug, Default)]
pub struct FakeIngress(Mutex<BTreeMap<BoxId, Door>>);

#[derive(Debug, Default)]
struct Door {
    is_closed: bool,
    closings: u32,
    work: WorkSeen,
}

impl FakeIngress {
    /// So many requests are under way.
    pub fn set_ongoing(&self, id: BoxId, ongoing: u32) {
        self.doors().entry(id).or_default().work.ongoing = ongoing;
    }

    /// The last request ended so long ago, however the clock moves.
    pub fn set_ended(&self, id: BoxId, ended: Option<Duration>) {
        self.doors().entry(id).or_default().work.ended = ended;
    }

    /// So many sockets are open, and nothing is done on them.
    pub fn set_watching(&self, id: BoxId, watching: u32) {
        self.doors().entry(id).or_default().work.watching = watching;
    }

    /// Whether nothing is let through to the box.
    pub fn is_closed(&self, id: BoxId) -> bool {
        self.doors().get(&id).is_some_and(|door| door.is_closed)
    }

    /// How often the box was closed.
    pub fn closings(&self, id: BoxId) -> u32 {
        self.doors().get(&id).map_or(0, |door| door.closings)
    }

    fn doors(&self) -> MutexGuard<'_, BTreeMap<BoxId, Door>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ingress for FakeIngress {
    fn close(&self, id: BoxId) -> Result<(), u32> {
        let mut doors = self.doors();
        let door = doors.entry(id).or_default();
        if door.work.ongoing > 0 {
            return Err(door.work.ongoing);
        }
        door.is_closed = true;
        door.closings += 1;
        Ok(())
    }

    fn open(&self, id: BoxId) {
        if let Some(door) = self.doors().get_mut(&id) {
            door.is_closed = false;
        }
    }

    fn work(&self, id: BoxId) -> WorkSeen {
        self.doors().get(&id).map_or_else(WorkSeen::default, |door| door.work)
    }
}
