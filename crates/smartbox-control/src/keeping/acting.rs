//! What is under way with boxes: a platform lets go of none with which it is doing something.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smartbox_core::BoxId;
use smartbox_provider::Epoch;

/// How much is under way with which box. Clones are one.
#[derive(Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashMap<BoxId, usize>>>);

impl UnderWay {
    fn counts(&self) -> MutexGuard<'_, HashMap<BoxId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins something with a box, if `epoch` says that it may be.
    pub(super) fn begin(&self, id: BoxId, epoch: impl FnOnce() -> Option<Epoch>) -> Option<Acting> {
        // Asked with the lock: what is let go meanwhile is let go before or not at all.
        let mut counts = self.counts();
        let epoch = epoch()?;
        *counts.entry(id).or_default() += 1;
        Some(Acting { id, epoch, under_way: Some(self.clone()) })
    }

    /// Lets go of those with which nothing is under way, and says which. Nothing is begun meanwhile.
    pub(super) fn let_go(&self, boxes: Vec<BoxId>, stop: impl FnOnce(&[BoxId])) -> Vec<BoxId> {
        let counts = self.counts();
        let free: Vec<BoxId> = boxes.into_iter().filter(|id| !counts.contains_key(id)).collect();
        stop(&free);
        free
    }
}

/// Something that is done with a box. While it lasts the box is let go to nobody.
pub struct Acting {
    id: BoxId,
    epoch: Epoch,
    under_way: Option<UnderWay>,
}

impl Acting {
    /// By a platform that is alone.
    pub(super) const fn alone(id: BoxId, epoch: Epoch) -> Self {
        Self { id, epoch, under_way: None }
    }

    /// The fencing number of all that is done.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        let Some(under_way) = &self.under_way else { return };
        let mut counts = under_way.counts();
        match counts.get_mut(&self.id) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn id(n: u8) -> BoxId {
        BoxId::from_parts(Timestamp::UNIX_EPOCH, [n; 10])
    }

    #[test]
    fn a_box_is_let_go_when_the_last_thing_that_is_done_with_it_is_over() {
        let under_way = UnderWay::default();
        let (one, other) = (under_way.begin(id(1), || Some(7)).unwrap(), under_way.begin(id(1), || Some(7)));
        assert_eq!(one.epoch(), 7);
        assert!(under_way.begin(id(3), || None).is_none());
        let let_go = || under_way.let_go(vec![id(1), id(2), id(3)], |_| ());
        assert_eq!(let_go(), [id(2), id(3)]);
        drop(one);
        assert_eq!(let_go(), [id(2), id(3)]);
        drop(other);
        assert_eq!(let_go(), [id(1), id(2), id(3)]);
    }
}
