//! Events that this platform has written itself: it is no news to it that they happened.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use smartbox_core::EventId;

/// Most that are remembered. They are read again within a second.
const REMEMBERED_MAX: usize = 10_000;

/// The latest of them.
#[derive(Default)]
pub(crate) struct Own(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    ids: HashSet<EventId>,
    order: VecDeque<EventId>,
}

impl Own {
    /// Remembers an event before it is written.
    pub(crate) fn remember(&self, id: EventId) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.ids.insert(id) {
            remembered.order.push_back(id);
        }
        if remembered.order.len() > REMEMBERED_MAX
            && let Some(oldest) = remembered.order.pop_front()
        {
            remembered.ids.remove(&oldest);
        }
    }

    /// Whether this platform wrote it. One that was forgotten is taken for somebody else's, which costs a look.
    pub(crate) fn has(&self, id: EventId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ids.contains(&id)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn id(n: usize) -> EventId {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&(n as u64).to_be_bytes());
        EventId::from_parts(Timestamp::UNIX_EPOCH, random)
    }

    #[test]
    fn the_latest_are_remembered_and_no_more_than_there_is_room_for() {
        let own = Own::default();
        (0..=REMEMBERED_MAX).for_each(|n| own.remember(id(n)));
        assert!(!own.has(id(0)));
        assert!(own.has(id(1)) && own.has(id(REMEMBERED_MAX)));
        assert_eq!(own.0.lock().unwrap().ids.len(), REMEMBERED_MAX);
    }
}
