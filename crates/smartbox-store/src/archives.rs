//! Boxes that are archived, or on their way there: rows, and the steps from one stage to the next.
//!
//! Each step moves a row only from the stage it was seen in, so that a step that was cut off is taken again, and two cannot
//! take the same one.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use smartbox_core::state::BadState;
use smartbox_core::{ArchiveStage, BackupId, BoxId, Desired, OrgId, SleepTier};

use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::operation::{self, NewOperation, Operation, OperationKind, Outcome};
use crate::org::intent;
use crate::row::{instant, instant_opt, number, parsed};
use crate::smartbox::{IntentChange, Smartbox};
use crate::{Error, FleetStore, OrgStore, boxes};

/// Why a box is archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveReason {
    /// A person asked for it.
    Asked,
    /// Nobody has used it for as long as its policy says.
    Unused,
}

impl ArchiveReason {
    /// The word used in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Unused => "unused",
        }
    }
}

impl fmt::Display for ArchiveReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ArchiveReason {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        [Self::Asked, Self::Unused].into_iter().find(|reason| reason.as_str() == text).ok_or(BadState)
    }
}

/// A box that is archived, or on its way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Which box.
    pub box_id: BoxId,
    /// Whose it is.
    pub org: OrgId,
    /// How far it is.
    pub stage: ArchiveStage,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: ArchiveReason,
    /// The backup that was read back.
    pub backup: Option<BackupId>,
    /// Attempts to save it that failed in a row.
    pub failures: u32,
    /// When the next may be made.
    pub retry_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    box_id: String,
    org_id: String,
    stage: String,
    since_ms: i64,
    reason: String,
    backup_id: Option<String>,
    failures: i64,
    retry_at_ms: Option<i64>,
}

impl TryFrom<Row> for Archive {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            box_id: parsed(&row.box_id)?,
            org: parsed(&row.org_id)?,
            stage: parsed(&row.stage)?,
            since: instant(row.since_ms)?,
            reason: parsed(&row.reason)?,
            backup: row.backup_id.as_deref().map(parsed).transpose()?,
            failures: number(row.failures)?,
            retry_at: instant_opt(row.retry_at_ms)?,
        })
    }
}

async fn find(connection: &mut Connection, id: BoxId) -> Result<Option<Archive>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "select box_id, org_id, stage, since_ms, reason, backup_id, failures, retry_at_ms from archives
         where box_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(connection)
    .await?;
    row.map(Archive::try_from).transpose()
}

/// Forgets that a box is to be archived, while its disk is there: it is needed.
pub(crate) async fn forget_plan(tx: &mut Connection, id: BoxId) -> Result<(), Error> {
    sqlx::query("delete from archives where box_id = $1 and stage in ('asked', 'saved')")
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// The box is not archived any more.
pub(crate) async fn end(tx: &mut Connection, id: BoxId) -> Result<(), Error> {
    sqlx::query("delete from archives where box_id = $1").bind(id.to_string()).execute(tx).await?;
    Ok(())
}

/// Moves a row from one stage to the next. False: it is not in that stage.
async fn step(
    tx: &mut Connection,
    id: BoxId,
    (from, to): (ArchiveStage, ArchiveStage),
    now: Timestamp,
) -> Result<bool, Error> {
    let moved = sqlx::query("update archives set stage = $3, since_ms = $4 where box_id = $1 and stage = $2")
        .bind(id.to_string())
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(now.as_millisecond())
        .execute(tx)
        .await?
        .rows_affected();
    Ok(moved == 1)
}

/// Ends the operations that wait for the box to be archived.
async fn settle(tx: &mut Connection, id: BoxId, outcome: &Outcome, now: Timestamp) -> Result<(), Error> {
    for open in operation::open_of_box(tx, id).await? {
        if open.kind == OperationKind::Archive {
            operation::finish(tx, open.id, outcome, now).await?;
        }
    }
    Ok(())
}

impl OrgStore {
    /// Wants the box to be archived, as it was seen in `version`. One that sleeps sleeps down to its disk from now on.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::VersionMismatch`], also when it is archived already, or is to run by now.
    pub async fn ask_archive(
        &self,
        id: BoxId,
        reason: ArchiveReason,
        version: i64,
        (operation, event): (Option<NewOperation>, NewEvent),
        now: Timestamp,
    ) -> Result<(Smartbox, Option<Operation>), Error> {
        let mut tx = self.store.database.write().await?;
        let mut row = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        if row.version != version {
            return Err(Error::VersionMismatch { current: row.version });
        }
        if row.archive.is_some() || !matches!(row.desired, Desired::Asleep | Desired::Stopped) {
            return Err(Error::VersionMismatch { current: row.version });
        }
        if row.desired == Desired::Asleep && row.asleep != SleepTier::Stopped {
            let change = IntentChange::to_sleep(SleepTier::Stopped, row.idle_since.unwrap_or(now));
            // What it has to be awake for stays as it is known.
            row = intent::write(&mut tx, self.org, id, change, Some(version), now).await?;
        }
        sqlx::query(
            "insert into archives (box_id, org_id, stage, since_ms, asked_at_ms, reason, failures)
             values ($1, $2, 'asked', $3, $3, $4, 0)",
        )
        .bind(id.to_string())
        .bind(self.org.to_string())
        .bind(now.as_millisecond())
        .bind(reason.as_str())
        .execute(&mut *tx)
        .await?;
        let operation = match operation {
            Some(operation) => Some(operation::begin(&mut tx, &row, operation, now).await?),
            None => None,
        };
        event::append(&mut tx, Some(self.org), Some(id), &event, now).await?;
        let row = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        tx.commit().await?;
        Ok((row, operation))
    }

    /// How far a box is archived; `None`: it is not, or is another org's.
    pub async fn archive(&self, id: BoxId) -> Result<Option<Archive>, Error> {
        let found = find(&mut *self.store.database.read().await?, id).await?;
        Ok(found.filter(|found| found.org == self.org))
    }
}

impl FleetStore {
    /// How far a box is archived; `None`: it is not.
    pub async fn archive_of(&self, id: BoxId) -> Result<Option<Archive>, Error> {
        find(&mut *self.store.database.read().await?, id).await
    }

    /// Puts down that the last backup of a box was read back. False: it is not to be archived any more.
    pub async fn note_archive_saved(
        &self,
        id: BoxId,
        backup: BackupId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        if !step(&mut tx, id, (ArchiveStage::Asked, ArchiveStage::Saved), now).await? {
            return Ok(false);
        }
        sqlx::query("update archives set backup_id = $2, failures = 0, retry_at_ms = null where box_id = $1")
            .bind(id.to_string())
            .bind(backup.to_string())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Puts down that its disk has changed since: it is to be saved again.
    pub async fn note_archive_stale(&self, id: BoxId, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        step(&mut tx, id, (ArchiveStage::Saved, ArchiveStage::Asked), now).await?;
        Ok(tx.commit().await?)
    }

    /// Says that its disk counts as lost from now on. False: somebody wants the box, or it is not saved.
    pub async fn note_archive_freeing(&self, id: BoxId, now: Timestamp) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let row = boxes::find(&mut tx, id).await?;
        let is_at_rest = row.is_some_and(|row| matches!(row.desired, Desired::Asleep | Desired::Stopped));
        if !is_at_rest || !step(&mut tx, id, (ArchiveStage::Saved, ArchiveStage::Freeing), now).await? {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Puts down that nothing is left of its disk, which ends the operations that wait for it. What could be gone back to went with it.
    /// False: that was put down before.
    pub async fn note_archive_freed(
        &self,
        id: BoxId,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        if !step(&mut tx, id, (ArchiveStage::Freeing, ArchiveStage::Freed), now).await? {
            return Ok(false);
        }
        sqlx::query("update backup_states set undo_until_ms = null where box_id = $1")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
        settle(&mut tx, id, &Outcome::Succeeded, now).await?;
        let org = boxes::find(&mut tx, id).await?.map(|row| row.org);
        event::append(&mut tx, org, Some(id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Puts down that it could not be saved. Without `retry_at` it is given up, and its operations fail with `outcome`.
    pub async fn note_archive_failure(
        &self,
        id: BoxId,
        retry_at: Option<Timestamp>,
        outcome: &Outcome,
        event: Option<NewEvent>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let Some(found) = find(&mut tx, id).await?.filter(|found| found.stage == ArchiveStage::Asked) else {
            return Ok(());
        };
        match retry_at {
            Some(retry_at) => {
                sqlx::query(
                    "update archives set failures = failures + 1, retry_at_ms = $2 where box_id = $1",
                )
                .bind(id.to_string())
                .bind(retry_at.as_millisecond())
                .execute(&mut *tx)
                .await?;
            }
            None => {
                end(&mut tx, id).await?;
                settle(&mut tx, id, outcome, now).await?;
            }
        }
        if let Some(event) = event {
            event::append(&mut tx, Some(found.org), Some(id), &event, now).await?;
        }
        Ok(tx.commit().await?)
    }
}
