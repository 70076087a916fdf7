//! Drills: saved states that were booted to see whether they can be.

use std::collections::HashMap;

use jiff::Timestamp;
use smartbox_core::{BackupId, BoxId, OrgId};

use crate::event::{self, NewEvent};
use crate::row::{instant, parsed};
use crate::{Error, FleetStore, boxes};

/// A drill that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drill {
    /// The sealed box: nobody's, and removed afterwards.
    pub id: BoxId,
    /// Whose state it is.
    pub org: OrgId,
    /// Of which box.
    pub box_id: BoxId,
    /// Which one.
    pub backup: BackupId,
    /// The version that it is booted on.
    pub runtime_version: String,
    /// When it was begun.
    pub begun_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct DrillRow {
    id: String,
    org_id: String,
    box_id: String,
    backup_id: String,
    runtime_version: String,
    begun_at_ms: i64,
}

impl TryFrom<DrillRow> for Drill {
    type Error = Error;

    fn try_from(row: DrillRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            box_id: parsed(&row.box_id)?,
            backup: parsed(&row.backup_id)?,
            runtime_version: row.runtime_version,
            begun_at: instant(row.begun_at_ms)?,
        })
    }
}

impl FleetStore {
    /// Puts a drill down before anything is done for it, so that its box is found whatever happens.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the box is gone whose state it is.
    pub async fn begin_drill(&self, new: &Drill) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        boxes::find(&mut tx, new.box_id).await?.ok_or(Error::NotFound("box"))?;
        sqlx::query(
            "insert into drills (id, org_id, box_id, backup_id, runtime_version, begun_at_ms)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(new.id.to_string())
        .bind(new.org.to_string())
        .bind(new.box_id.to_string())
        .bind(new.backup.to_string())
        .bind(&new.runtime_version)
        .bind(new.begun_at.as_millisecond())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Drills that were begun and have no end: of this platform, or of one that was killed.
    pub async fn open_drills(&self) -> Result<Vec<Drill>, Error> {
        let rows: Vec<DrillRow> = sqlx::query_as(
            "select id, org_id, box_id, backup_id, runtime_version, begun_at_ms from drills
             where finished_at_ms is null order by id",
        )
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(Drill::try_from).collect()
    }

    /// When the last drill of each box was begun.
    pub async fn last_drills(&self) -> Result<HashMap<BoxId, Timestamp>, Error> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("select box_id, max(begun_at_ms) from drills group by box_id")
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(|(id, at)| Ok((parsed(&id)?, instant(at)?))).collect()
    }

    /// Puts down what came of a drill; `None`: it went well. The event says so.
    pub async fn finish_drill(
        &self,
        drill: &Drill,
        what: Option<&str>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "update drills set finished_at_ms = $2, what = $3 where id = $1 and finished_at_ms is null",
        )
        .bind(drill.id.to_string())
        .bind(now.as_millisecond())
        .bind(what)
        .execute(&mut *tx)
        .await?;
        event::append(&mut tx, Some(drill.org), Some(drill.box_id), &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets a drill that says nothing of its backup.
    pub async fn drop_drill(&self, drill: &Drill) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query("delete from drills where id = $1 and finished_at_ms is null")
            .bind(drill.id.to_string())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}
