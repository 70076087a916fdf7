//! How many commands run in each box.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smartbox_core::BoxId;

use crate::Error;

/// Most commands in one box at the same time, whoever waits for them and however.
pub(crate) const COMMANDS_MAX: u32 = 32;

/// The commands that this process of the platform runs, counted. Boxes without any are not in it.
#[derive(Clone, Default)]
pub(crate) struct Slots(Arc<Mutex<HashMap<BoxId, u32>>>);

/// A command's place. It is free again when this is dropped.
pub(crate) struct Slot {
    slots: Slots,
    id: BoxId,
}

impl Slots {
    /// Takes a place.
    pub(crate) fn take(&self, id: BoxId) -> Result<Slot, Error> {
        let mut boxes = self.boxes();
        let running = boxes.entry(id).or_default();
        if *running >= COMMANDS_MAX {
            return Err(Error::TooManyCommands { max: COMMANDS_MAX });
        }
        *running += 1;
        Ok(Slot { slots: self.clone(), id })
    }

    fn boxes(&self) -> MutexGuard<'_, HashMap<BoxId, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut boxes = self.slots.boxes();
        if let Some(running) = boxes.get_mut(&self.id) {
            *running -= 1;
            if *running == 0 {
                boxes.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn places_are_counted_by_box_and_given_back() {
        let slots = Slots::default();
        let id = |n| BoxId::from_parts(Timestamp::UNIX_EPOCH, [n; 10]);
        let mut taken: Vec<_> = (0..COMMANDS_MAX).map(|_| slots.take(id(1)).ok()).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(matches!(slots.take(id(1)), Err(Error::TooManyCommands { max: COMMANDS_MAX })));
        assert!(slots.take(id(2)).is_ok(), "another box has places of its own");
        taken.pop();
        assert!(slots.take(id(1)).is_ok());
        drop(taken);
        assert!(slots.boxes().is_empty(), "nothing is left of boxes without commands");
    }
}
