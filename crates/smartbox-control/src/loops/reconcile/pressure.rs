//! Gives memory back when the host runs short of it: the least valuable boxes sleep first, or sleep deeper.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::{Desired, Observed, SleepDepth, SleepTier};
use smartbox_store::Smartbox;

use super::{Job, Reconciler};
use crate::Error;

/// Boxes that are put to sleep at the same time for their memory.
const NAPS_MAX: usize = 4;
/// Between two looks: memory of every box is measured, and what sleeps takes a moment to give it back.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// What people read about it.
const WHY: &str = "the host is short of memory";

impl Reconciler {
    /// Looks whether the host is short of memory, and puts boxes to sleep that nobody uses.
    pub(super) async fn relieve(&mut self, rows: &[Arc<Smartbox>]) -> Result<(), Error> {
        let control = self.control.clone();
        let missing = control.missing_memory();
        let steady = control.inner.clock.steady();
        if missing == 0 || self.relieved_at.is_some_and(|at| steady < at + LOOK_AGAIN) {
            return Ok(());
        }
        self.relieved_at = Some(steady);
        let naps = control.make_room(missing, |row| self.drowsy.activity(&control, row)).await?;
        for nap in naps.iter().take(NAPS_MAX) {
            let Some(row) = rows.iter().find(|row| row.id == nap.id) else { continue };
            let tier = match nap.depth {
                SleepDepth::Frozen => SleepTier::Frozen,
                SleepDepth::Squeezed => SleepTier::Squeezed,
            };
            self.nap(row, tier).await?;
        }
        Ok(())
    }

    async fn nap(&mut self, row: &Smartbox, tier: SleepTier) -> Result<(), Error> {
        if row.upgrade.is_some() || self.busy.contains_key(&row.id) || !self.has_place(Job::TrySleep) {
            return Ok(());
        }
        let now = self.control.inner.clock.now();
        let idle_since: Timestamp = row.idle_since.unwrap_or(now);
        match (row.desired, &row.observed) {
            (Desired::Running, Observed::Ready) => self.try_sleep(row, tier, now, WHY.to_owned()),
            (Desired::Asleep, Observed::Asleep(SleepDepth::Frozen)) => {
                self.deepen(row, tier, idle_since, WHY).await?;
            }
            _ => {}
        }
        Ok(())
    }
}
