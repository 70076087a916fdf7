//! Reads what boxes take of CPU, memory and disk.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use smartbox_core::{BoxId, Observed};
use smartbox_provider::{ComputeUse, ProviderError};
use smartbox_store::{FleetStore, Gauge, Smartbox};

use super::Monitor;
use crate::{Control, Error};

/// A disk is measured this often: each file of it is looked at.
const DISK_PERIOD: Duration = Duration::from_mins(15);
/// Disks that are measured in one pass, the longest unmeasured first.
const DISKS_MAX: usize = 32;
/// Time between two readings counts up to so many intervals: for longer nobody has looked.
const GAP_INTERVALS: u32 = 5;

/// When disks were measured, by the steady clock.
#[derive(Default)]
pub(super) struct Disks(HashMap<BoxId, Duration>);

impl Monitor {
    /// Reads every box and puts down what it has used since.
    pub(super) async fn measure(&mut self, fleet: &FleetStore) -> Result<(), Error> {
        let control = self.control.clone();
        let rows = fleet.all_boxes().await?;
        let rows: Vec<_> = rows.iter().filter(|row| control.keeps(row.id)).map(Arc::clone).collect();
        let disks = self.due_disks(&rows);
        let mut gauges = Vec::with_capacity(rows.len());
        for row in &rows {
            let measured = gauge(&control, row, disks.contains(&row.id)).await;
            match measured {
                Ok(gauge) => gauges.push(gauge),
                // It counts with the next reading: CPU in full, memory for a few minutes.
                Err(error) => tracing::debug!(box.id = %row.id, %error, "a box could not be measured"),
            }
        }
        let gap_max = control.inner.limits.monitor_interval.saturating_mul(GAP_INTERVALS);
        Ok(fleet.record_gauges(&gauges, gap_max, control.inner.clock.now()).await?)
    }

    fn due_disks(&mut self, rows: &[Arc<Smartbox>]) -> Vec<BoxId> {
        let steady = self.control.inner.clock.steady();
        let known: HashSet<BoxId> = rows.iter().map(|row| row.id).collect();
        self.disks.0.retain(|id, _| known.contains(id));
        let is_due = |id: &BoxId| self.disks.0.get(id).is_none_or(|at| *at + DISK_PERIOD <= steady);
        let mut due: Vec<_> = rows.iter().map(|row| row.id).filter(is_due).collect();
        due.sort_by_key(|id| (self.disks.0.get(id).copied(), *id));
        due.truncate(DISKS_MAX);
        self.disks.0.extend(due.iter().map(|id| (*id, steady)));
        due
    }
}

async fn gauge(control: &Control, row: &Smartbox, with_disk: bool) -> Result<Gauge, ProviderError> {
    let provider = &control.inner.provider;
    let used = provider.compute(row.id).await?;
    let memory = if used.is_some() { provider.memory(row.id).await? } else { None };
    let storage_bytes = if with_disk { provider.disk(row.id).await? } else { None };
    let ComputeUse { run, cpu_ms } = used.unwrap_or_default();
    let is_awake = !matches!(
        row.observed,
        Observed::Asleep(_) | Observed::Stopped | Observed::Absent | Observed::Dead(_)
    );
    Ok(Gauge {
        box_id: row.id,
        run,
        cpu_ms,
        memory_bytes: memory.map_or(0, |memory| memory.pss_bytes),
        storage_bytes,
        is_awake,
    })
}
