//! Writes down what was seen of a box, and what came of what was done with it.

use std::sync::Arc;

use jiff::Timestamp;
use smartbox_core::{ArchiveStage, Desired, Observed, backoff};
use smartbox_provider::Observation;
use smartbox_store::{BoxError, NewFailure, Outcome as OperationOutcome, Smartbox, SystemActor, Target};

use super::{ACTOR, Reconciler};
use crate::Error;
use crate::loops::{heal, observe, wake_story};

/// Failed attempts after which a waiting operation is told so. Attempts go on.
const OPERATION_ATTEMPTS_MAX: u32 = 3;

impl Reconciler {
    pub(super) async fn record(
        &mut self,
        row: &Arc<Smartbox>,
        seen: &Observation,
    ) -> Result<Arc<Smartbox>, Error> {
        let was_launched = !self.busy.contains_key(&row.id) && self.launched.remove(&row.id);
        let update = observe::update(seen);
        // Most looks find nothing new: those do not ask the database again.
        if row.is_seen_as(&update) && !was_launched {
            return Ok(Arc::clone(row));
        }
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let now = self.control.inner.clock.now();
        let bigger = heal::bigger_tier(&self.control, row, seen).await?;
        let mut events = Vec::new();
        for note in observe::notes(row, seen, bigger.as_deref()) {
            // A gateway that was thawed may fail its first probe; what it recovers from is then its sleep.
            let is_wake = note.action == "box.recovered" && self.started.contains_key(&row.id);
            let action = if is_wake { "box.awake" } else { note.action };
            let detail = self.detail(row, action, now).await?.unwrap_or(note.facts);
            events.push(self.control.event(ACTOR, action, &note.reason, detail));
        }
        let mut events = events.into_iter();
        let first = events.next();
        let changed = fleet.record_observation(row.id, &update, first, now).await?;
        for event in events {
            fleet.append_event(Some(row.org), Some(row.id), event, now).await?;
        }
        if !changed && !was_launched {
            return Ok(Arc::clone(row));
        }
        self.count(row, seen, was_launched, bigger.as_deref()).await?;
        if seen.observed == Observed::Ready {
            self.started.remove(&row.id);
            fleet.clear_failure(row.id).await?;
        }
        self.control.inner.changes.written();
        Ok(fleet.find_box(row.id).await?.map_or_else(|| Arc::clone(row), Arc::new))
    }

    /// Ends the operations and the failures of a goal that is reached, also those that found it reached already.
    pub(super) async fn settle_reached(&self, row: &Smartbox, is_waited_for: bool) -> Result<(), Error> {
        let generation = match (row.desired, &row.observed) {
            (Desired::Running, Observed::Ready) | (Desired::Asleep, Observed::Asleep(_)) => {
                row.observed_generation.unwrap_or(0)
            }
            (Desired::Asleep | Desired::Stopped | Desired::Deleted, Observed::Stopped | Observed::Absent) => {
                row.generation
            }
            _ => return Ok(()),
        };
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        // What is being erased or freed is where it should be, and still has something to do, whose failures are to be waited out.
        let now = self.control.inner.clock.now();
        let is_erased = row.desired == Desired::Deleted && row.purge_at.is_some_and(|at| at <= now);
        let has_more_to_do = is_erased || row.archive.is_some_and(ArchiveStage::is_to_be_freed);
        // A failure may be recorded after the success it belongs to: the answer to a call that did its work was lost.
        let is_over = generation >= row.generation && !self.busy.contains_key(&row.id) && !has_more_to_do;
        if is_over && row.has_failure() && fleet.clear_failure(row.id).await? {
            self.control.inner.changes.written();
        }
        if !is_waited_for {
            return Ok(());
        }
        let target = Target { desired: row.desired, generation };
        if !fleet.settle_operations(row.id, target, &OperationOutcome::Succeeded, now).await?.is_empty() {
            self.control.inner.changes.written();
        }
        Ok(())
    }

    /// What a start or a wake took and who wanted it, where that is what happened.
    async fn detail(
        &self,
        row: &Smartbox,
        action: &str,
        now: Timestamp,
    ) -> Result<Option<serde_json::Value>, Error> {
        match action {
            "box.ready" | "box.awake" => {
                self.measure(row, action, now);
                let begun = self.started.get(&row.id).copied();
                wake_story::story(&self.control, row, begun, now).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Counts a wake or a start that this process has begun.
    fn measure(&self, row: &Smartbox, action: &str, now: Timestamp) {
        let Some(begun) = self.started.get(&row.id) else { return };
        let took = std::time::Duration::try_from(now.duration_since(*begun)).unwrap_or_default();
        let totals = &self.control.inner.totals;
        if action == "box.awake" { totals.woke(took) } else { totals.started(took) }
    }

    pub(super) async fn record_failure(
        &self,
        row: &Smartbox,
        error: BoxError,
        retry_at: Option<Timestamp>,
        fail_now: bool,
    ) -> Result<(), Error> {
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let now = self.control.inner.clock.now();
        let failures = row.failures.saturating_add(1);
        let mut jitter = [0u8; 1];
        self.control.inner.entropy.fill(&mut jitter);
        let wait = backoff::after(failures, jitter[0]);
        let retry_at = retry_at.map_or_else(|| now.checked_add(wait).map_err(Error::internal), Ok)?;
        let detail = serde_json::json!({ "failures": failures, "retry_at": retry_at.to_string() });
        let event = self.control.event(ACTOR, "box.failed", &error.what, detail);
        let failure = NewFailure { version: row.version, error: error.clone(), retry_at };
        let counts = fleet.record_failure(row.id, &failure, Some(event), now).await?;
        if counts && (fail_now || failures >= OPERATION_ATTEMPTS_MAX) {
            let target = Target { desired: row.desired, generation: row.generation };
            fleet.settle_operations(row.id, target, &OperationOutcome::Failed(error), now).await?;
        }
        self.control.inner.changes.written();
        Ok(())
    }

    /// The platform's services answer inside every box that has processes.
    pub(super) async fn keep_doors(&self, row: &Smartbox) {
        let doors = &self.control.inner.doors;
        if self.busy.contains_key(&row.id) {
            return;
        }
        if !row.observed.is_alive() {
            doors.close(row.id);
        } else if let Err(error) = doors.ensure_open(row.id).await {
            tracing::warn!(box.id = %row.id, error, "the platform's services do not answer inside a box");
        }
    }
}
