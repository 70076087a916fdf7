//! Which boxes are this platform's, and what becomes of those that are not any more.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use smartbox_core::BoxId;
use smartbox_provider::Epoch;
use smartbox_store::Smartbox;
use tokio::sync::watch;

use super::Reconciler;
use crate::Error;

/// Waits until this platform keeps other boxes than before. Never, where there is one platform.
pub(super) async fn others(kept: &mut Option<watch::Receiver<Arc<HashMap<BoxId, Epoch>>>>) {
    let Some(followed) = kept else { return std::future::pending().await };
    if followed.changed().await.is_err() {
        *kept = None;
    }
}

impl Reconciler {
    /// The boxes that this platform keeps. What it has open for others is closed: their keeper has it.
    pub(super) async fn only_mine(&mut self, rows: &[Arc<Smartbox>]) -> Result<Vec<Arc<Smartbox>>, Error> {
        let is_mine = |row: &&Arc<Smartbox>| self.keeping.epoch_of(row.id).is_some();
        let rows: Vec<_> = rows.iter().filter(is_mine).map(Arc::clone).collect();
        let mine: HashSet<BoxId> = rows.iter().map(|row| row.id).collect();
        for id in self.mine.difference(&mine) {
            self.control.inner.doors.close(*id);
            self.launched.remove(id);
            self.launching.remove(id);
            self.waiting.remove(id);
            self.started.remove(id);
        }
        let has_gained = !mine.is_subset(&self.mine);
        self.mine = mine;
        if has_gained && self.control.keeper_id().is_some() {
            // The keeper before has made keys and counted bytes of which there is no event.
            self.control.publish_egress().await?;
            self.control.publish_allowances().await?;
        }
        Ok(rows)
    }
}
