//! Tells the provider who acts now, box by box, so that calls of an earlier platform are refused from then on.

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_core::{BoxId, Observed};
use smartbox_provider::Observation;
use smartbox_store::Smartbox;

use super::Reconciler;

/// Boxes that are told in one pass: each costs two files. The others follow with the next passes.
const BOXES_MAX: usize = 16;

impl Reconciler {
    /// Repeats what is so already, with the epoch of this platform, for boxes that obeyed an older one last. What has
    /// no processes is fenced by whoever starts it.
    pub(super) async fn announce(&self, rows: &[Arc<Smartbox>], seen: &HashMap<BoxId, Observation>) {
        let provider = &self.control.inner.provider;
        let seen = rows.iter().filter_map(|row| Some((seen.get(&row.id)?, self.keeping.epoch_of(row.id)?)));
        let older = seen.filter(|(seen, epoch)| seen.epoch < *epoch);
        let alive = older.filter(|(seen, _)| seen.observed.is_alive() && !self.busy.contains_key(&seen.id));
        for (seen, epoch) in alive.take(BOXES_MAX) {
            let told = match seen.observed {
                Observed::Asleep(depth) => provider.ensure_asleep(seen.id, epoch, depth).await,
                Observed::Stopping => continue,
                _ => provider.ensure_awake(seen.id, epoch).await,
            };
            if let Err(error) = told {
                tracing::debug!(box.id = %seen.id, error = &error as &dyn std::error::Error, "a box was not told who acts");
            }
        }
    }
}
