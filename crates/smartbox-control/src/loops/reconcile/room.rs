//! Whether there is room for a box to start.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use smartbox_core::capacity::Admission;
use smartbox_core::{BoxId, Observed};
use smartbox_provider::Observation;
use smartbox_store::{Smartbox, SystemActor};

use super::{ACTOR, Reconciler};
use crate::Error;
use crate::room::Starts;

impl Reconciler {
    /// Measures the host at the beginning of a pass, and what those that are starting take of it.
    pub(super) async fn look_at_room(
        &mut self,
        rows: &[Arc<Smartbox>],
        seen: &HashMap<BoxId, Observation>,
    ) -> Result<(), Error> {
        let is_starting = |row: &Smartbox| {
            let observed = seen.get(&row.id).map(|seen| &seen.observed);
            self.launching.contains(&row.id) || matches!(observed, Some(Observed::Starting { .. }))
        };
        self.starts = Starts::look(&self.control, rows.iter().map(Arc::as_ref), is_starting).await?;
        if !self.waiting.is_empty() {
            let known: HashSet<BoxId> = rows.iter().map(|row| row.id).collect();
            self.waiting.retain(|id| known.contains(id));
        }
        Ok(())
    }

    /// Whether there is room for a box to start. One that has to wait is told so once.
    pub(super) async fn is_admitted(&mut self, row: &Smartbox) -> Result<bool, Error> {
        let (needed_bytes, free_bytes) = match self.starts.admit(&self.control, row) {
            Admission::Admitted => {
                self.waiting.remove(&row.id);
                return Ok(true);
            }
            Admission::Later => return Ok(false),
            Admission::NoRoom { needed_bytes, free_bytes } => (needed_bytes, free_bytes),
        };
        if self.waiting.insert(row.id) {
            let lack = Error::HostFull { needed_bytes, free_bytes };
            let why = format!("it is started when there is room: {lack}");
            let detail = serde_json::json!({ "needed_bytes": needed_bytes, "free_bytes": free_bytes });
            let event = self.control.event(ACTOR, "box.waits-for-room", &why, detail);
            let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
            fleet.append_event(Some(row.org), Some(row.id), event, self.control.inner.clock.now()).await?;
        }
        Ok(false)
    }
}
