//! Why each box is awake, as the loop saw it last: for people who ask.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::BoxId;
use smartbox_core::explain::Refused;
use smartbox_core::sleep::{Stay, Thresholds};

/// What keeps a box as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vigil {
    /// When the loop looked.
    pub at: Timestamp,
    /// When its tiers of sleep begin.
    pub thresholds: Thresholds,
    /// How long nothing was to do.
    pub idle: Duration,
    /// What is being done through the edge: requests and calls on sockets.
    pub requests: u32,
    /// Chats and commands of the platform's own.
    pub uses: u32,
    /// Calls of the box to the platform's services.
    pub calls: u32,
    /// Why it is left as it is; `None`: it is on its way.
    pub stay: Option<Stay>,
    /// Why it did not fall asleep when it was last tried.
    pub refused: Option<Refused>,
}

/// What was seen of each box. Bounded by the number of boxes.
#[derive(Default)]
pub(crate) struct Vigils(Mutex<HashMap<BoxId, Vigil>>);

impl Vigils {
    pub(crate) fn put(&self, id: BoxId, mut vigil: Vigil) {
        let mut vigils = self.vigils();
        vigil.refused = vigils.get(&id).and_then(|known| known.refused.clone());
        vigils.insert(id, vigil);
    }

    pub(crate) fn refuse(&self, id: BoxId, refused: Refused) {
        if let Some(vigil) = self.vigils().get_mut(&id) {
            vigil.refused = Some(refused);
        }
    }

    pub(crate) fn find(&self, id: BoxId) -> Option<Vigil> {
        self.vigils().get(&id).cloned()
    }

    pub(crate) fn forget(&self, id: BoxId) {
        self.vigils().remove(&id);
    }

    fn vigils(&self) -> MutexGuard<'_, HashMap<BoxId, Vigil>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
