//! What loops write: observations, failures, the ends of operations and of boxes.

use jiff::Timestamp;
use smartbox_core::{BoxId, Desired, Observed};

use super::erased;
use crate::database::Connection;
use crate::event::NewEvent;
use crate::operation::{Operation, OperationKind, Outcome, Target};
use crate::row::{ObservedColumns, bigint};
use crate::smartbox::{NewFailure, ObservationUpdate};
use crate::{Error, FleetStore, boxes, event, operation};

impl FleetStore {
    /// Writes what a provider saw, if it differs from what was seen before; says whether it did. `event` is
    /// written only then.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the box is gone.
    pub async fn record_observation(
        &self,
        id: BoxId,
        seen: &ObservationUpdate,
        event: Option<NewEvent>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        // Most observations are of nothing new: those must not wait for the writer.
        let known = self.find_box(id).await?.ok_or(Error::NotFound("box"))?;
        if known.is_seen_as(seen) {
            return Ok(false);
        }
        let mut tx = self.store.database.write().await?;
        let known = boxes::find(&mut tx, id).await?.ok_or(Error::NotFound("box"))?;
        if known.is_seen_as(seen) {
            return Ok(false);
        }
        // The moment belongs to the state: a mere restart counter does not move it.
        let since = known.observed_at.filter(|_at| known.observed == seen.observed).unwrap_or(now);
        write_observation(&mut tx, id, seen, since).await?;
        if let Some(event) = event {
            event::append(&mut tx, Some(known.org), Some(id), &event, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Writes that an attempt failed. Says whether it was: a failure to bring about an older intent than the
    /// newest is no longer of interest, and neither it nor its event is written.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the box is gone.
    pub async fn record_failure(
        &self,
        id: BoxId,
        failure: &NewFailure,
        event: Option<NewEvent>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let known = boxes::find(&mut tx, id).await?.ok_or(Error::NotFound("box"))?;
        if known.version != failure.version {
            return Ok(false);
        }
        sqlx::query(
            "update boxes set failures = failures + 1, retry_at_ms = $2, error_code = $3, error_what = $4,
                    error_remedy = $5
             where id = $1",
        )
        .bind(id.to_string())
        .bind(failure.retry_at.as_millisecond())
        .bind(&failure.error.code)
        .bind(&failure.error.what)
        .bind(&failure.error.remedy)
        .execute(&mut *tx)
        .await?;
        if let Some(event) = event {
            event::append(&mut tx, Some(known.org), Some(id), &event, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Forgets the failures of a box, because an attempt succeeded. Says whether there were any.
    pub async fn clear_failure(&self, id: BoxId) -> Result<bool, Error> {
        if !self.find_box(id).await?.is_some_and(|known| known.has_failure()) {
            return Ok(false);
        }
        let mut tx = self.store.database.write().await?;
        let cleared = sqlx::query(
            "update boxes set failures = 0, retry_at_ms = null, error_code = null, error_what = null,
                    error_remedy = null
             where id = $1 and (failures > 0 or retry_at_ms is not null or error_code is not null)",
        )
        .bind(id.to_string())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(cleared > 0)
    }

    /// Ends the operations of a box that wait for `target.desired` in `target.generation` or an earlier
    /// incarnation. Returns those it ended; without any, nothing is written.
    ///
    /// Operations overtaken by another intent were ended when that intent was written. Upgrades and archivings are ended by whoever
    /// carries them out: a box that runs is not yet well, and one that is stopped is not yet archived.
    pub async fn settle_operations(
        &self,
        id: BoxId,
        target: Target,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<Vec<Operation>, Error> {
        let is_meant = |open: &Operation| {
            !matches!(open.kind, OperationKind::Upgrade | OperationKind::Archive)
                && open.target.desired == target.desired
                && open.target.generation <= target.generation
        };
        if !self.open_operations(id).await?.iter().any(is_meant) {
            return Ok(Vec::new());
        }
        let mut tx = self.store.database.write().await?;
        let mut settled = Vec::new();
        for open in operation::open_of_box(&mut tx, id).await?.into_iter().filter(is_meant) {
            operation::finish(&mut tx, open.id, outcome, now).await?;
            settled.extend(operation::find(&mut tx, open.id).await?);
        }
        tx.commit().await?;
        Ok(settled)
    }

    /// Drops the row of a deleted box with everything that is the box's own, counts what went, and looks whether anything is left.
    /// Its events stay, and what it has used. `event` is given the counts. `None`: the box is gone already, or its owner wants it back.
    ///
    /// # Errors
    /// [`Error::Damaged`] when something is left: then nothing went.
    pub async fn forget_box(
        &self,
        id: BoxId,
        event: impl FnOnce(&[(&'static str, u64)]) -> NewEvent,
        now: Timestamp,
    ) -> Result<Option<Vec<(&'static str, u64)>>, Error> {
        let mut tx = self.store.database.write().await?;
        let Some(known) = boxes::find(&mut tx, id).await? else { return Ok(None) };
        if known.desired != Desired::Deleted {
            return Ok(None);
        }
        let went = erased::count(&mut tx, id).await?;
        // All of it goes with the row (`on delete cascade`).
        sqlx::query("delete from boxes where id = $1").bind(id.to_string()).execute(&mut *tx).await?;
        if erased::count(&mut tx, id).await?.iter().any(|(_, rows)| *rows > 0) {
            return Err(Error::damaged("rows of a box are left after it was removed"));
        }
        event::append(&mut tx, Some(known.org), Some(id), &event(&went), now).await?;
        tx.commit().await?;
        Ok(Some(went))
    }
}

async fn write_observation(
    tx: &mut Connection,
    id: BoxId,
    seen: &ObservationUpdate,
    since: Timestamp,
) -> Result<(), Error> {
    let columns = ObservedColumns::from(&seen.observed);
    sqlx::query(
        "update boxes set observed = $2, observed_detail = $3, observed_exit_code = $4, observed_generation = $5,
                observed_at_ms = $6, was_seen = was_seen or $7, restarts = $8, oom_kills = $9, pid = $10
         where id = $1",
    )
    .bind(id.to_string())
    .bind(columns.observed)
    .bind(columns.detail)
    .bind(columns.exit_code)
    .bind(seen.observed_generation)
    .bind(since.as_millisecond())
    .bind(seen.observed != Observed::Absent)
    .bind(i64::from(seen.restarts))
    .bind(bigint(seen.oom_kills))
    .bind(seen.pid.map(i64::from))
    .execute(tx)
    .await?;
    Ok(())
}
