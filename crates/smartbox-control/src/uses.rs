//! What the platform itself does in boxes for people: chats and commands. And the word that somebody needs a box.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smartbox_core::BoxId;

use crate::{Clock, WorkSeen};

/// Uses of boxes, counted. Bounded by the number of boxes: what is forgotten leaves nothing.
pub(crate) struct Uses {
    clock: Arc<dyn Clock>,
    boxes: Mutex<HashMap<BoxId, Standing>>,
}

#[derive(Default)]
struct Standing {
    ongoing: u32,
    /// When the last one ended, by the steady clock.
    ended: Option<Duration>,
    /// The box is falling asleep: nothing new begins.
    closed: bool,
    /// Somebody needed it since then.
    called: bool,
}

/// A use. It lasts until it is dropped.
pub(crate) struct Use {
    uses: Arc<Uses>,
    id: BoxId,
}

impl Uses {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, boxes: Mutex::default() }
    }

    /// Begins a use; `None` while the box is falling asleep or sleeps.
    pub(crate) fn begin(self: &Arc<Self>, id: BoxId) -> Option<Use> {
        let mut boxes = self.boxes();
        let standing = boxes.entry(id).or_default();
        if standing.closed {
            standing.called = true;
            return None;
        }
        standing.ongoing += 1;
        Some(Use { uses: Arc::clone(self), id })
    }

    /// Something was done in the box just now.
    pub(crate) fn touch(&self, id: BoxId) {
        let now = self.clock.steady();
        self.boxes().entry(id).or_default().ended = Some(now);
    }

    /// Says that somebody needs the box: one that is about to fall asleep does not. To be said before its row is read.
    pub(crate) fn call(&self, id: BoxId) {
        if let Some(standing) = self.boxes().get_mut(&id) {
            standing.called |= standing.closed;
        }
    }

    /// Whether somebody has needed the box since it was closed.
    pub(crate) fn is_called(&self, id: BoxId) -> bool {
        self.boxes().get(&id).is_some_and(|standing| standing.called)
    }

    /// Whether nothing new begins.
    pub(crate) fn is_closed(&self, id: BoxId) -> bool {
        self.boxes().get(&id).is_some_and(|standing| standing.closed)
    }

    /// Lets nothing new begin, unless something is under way, which is then how much.
    pub(crate) fn close(&self, id: BoxId) -> Result<(), u32> {
        let mut boxes = self.boxes();
        let standing = boxes.entry(id).or_default();
        if standing.ongoing > 0 {
            return Err(standing.ongoing);
        }
        (standing.closed, standing.called) = (true, false);
        Ok(())
    }

    /// Lets new ones begin.
    pub(crate) fn open(&self, id: BoxId) {
        if let Some(standing) = self.boxes().get_mut(&id) {
            (standing.closed, standing.called) = (false, false);
        }
    }

    /// What is done in the box.
    pub(crate) fn work(&self, id: BoxId) -> WorkSeen {
        let now = self.clock.steady();
        let seen = |standing: &Standing| WorkSeen {
            ongoing: standing.ongoing,
            ended: standing.ended.map(|ended| now.saturating_sub(ended)),
            watching: 0,
        };
        self.boxes().get(&id).map_or_else(WorkSeen::default, seen)
    }

    /// Forgets a box that is gone.
    pub(crate) fn forget(&self, id: BoxId) {
        self.boxes().retain(|known, standing| *known != id || standing.ongoing > 0);
    }

    fn boxes(&self) -> MutexGuard<'_, HashMap<BoxId, Standing>> {
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        let now = self.uses.clock.steady();
        if let Some(standing) = self.uses.boxes().get_mut(&self.id) {
            standing.ongoing = standing.ongoing.saturating_sub(1);
            standing.ended = Some(now);
        }
    }
}
