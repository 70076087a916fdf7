//! What the provider holds and nobody knows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use smartbox_core::BoxId;
use smartbox_provider::Observation;
use smartbox_store::{Smartbox, SystemActor};

use super::{ACTOR, Reconciler};
use crate::Error;

impl Reconciler {
    /// Boxes that the provider has and the store does not are left alone: they hold somebody's data.
    pub(super) async fn report_unknown(
        &mut self,
        rows: &[Arc<Smartbox>],
        seen: &HashMap<BoxId, Observation>,
    ) -> Result<(), Error> {
        let known: HashSet<BoxId> = rows.iter().map(|row| row.id).collect();
        let is_known = |id: BoxId| known.contains(&id) || self.control.inner.sealed.has(id);
        let strange: Vec<BoxId> =
            seen.keys().copied().filter(|id| !is_known(*id) && !self.unknown.contains(id)).collect();
        if strange.is_empty() {
            return Ok(());
        }
        // The sealed box of a platform that was killed is removed by whoever has the next one.
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let sealed: HashSet<BoxId> = fleet.open_drills().await?.into_iter().map(|drill| drill.id).collect();
        for id in strange.into_iter().filter(|id| !sealed.contains(id)) {
            self.unknown.insert(id);
            tracing::warn!(box.id = %id, "the provider holds a box that the database does not know; it is left alone");
        }
        Ok(())
    }
}
