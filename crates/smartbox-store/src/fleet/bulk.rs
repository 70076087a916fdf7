//! What is done with many boxes of all orgs, and what its loop puts down.

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::bulk::{BulkEnd, BulkProgress};
use smartbox_core::{BoxId, BulkId, OperationId};

use crate::bulk::{self, BulkBox, BulkRow, BulkRun, RUNS_SHOWN, TEXT, select_runs};
use crate::event::{self, NewEvent};
use crate::sealing::Sealed;
use crate::{Error, FleetStore};

impl FleetStore {
    /// Puts a run down with all its boxes, which wait, and with the words of what is done with them.
    pub async fn create_bulk_run(
        &self,
        new: &BulkRun,
        text: Option<&SecretString>,
        boxes: &[(BoxId, String)],
        event: NewEvent,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        bulk::insert(&mut tx, &self.store.sealer, new, text, boxes).await?;
        event::append(&mut tx, new.org, None, &event, new.created_at).await?;
        Ok(tx.commit().await?)
    }

    /// The newest runs of all orgs, the newest first.
    pub async fn list_bulk_runs(&self) -> Result<Vec<BulkRun>, Error> {
        let rows: Vec<BulkRow> = sqlx::query_as(select_runs!("order by id desc limit $1"))
            .bind(RUNS_SHOWN)
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(BulkRun::try_from).collect()
    }

    /// Those that are under way, the oldest first.
    pub async fn open_bulk_runs(&self) -> Result<Vec<BulkRun>, Error> {
        let rows: Vec<BulkRow> = sqlx::query_as(select_runs!("where finished_at_ms is null order by id"))
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(BulkRun::try_from).collect()
    }

    /// A run of any org, and how it goes with each box.
    pub async fn find_bulk_run(&self, id: BulkId) -> Result<Option<(BulkRun, Vec<BulkBox>)>, Error> {
        let mut connection = self.store.database.read().await?;
        let row: Option<BulkRow> = sqlx::query_as(select_runs!("where id = $1"))
            .bind(id.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.try_into()?, bulk::boxes_of(&mut connection, id).await?)))
    }

    /// The words of what a run does; `None` where there are none, or it is over.
    ///
    /// # Errors
    /// [`Error::Unsealable`].
    pub async fn bulk_text(&self, id: BulkId) -> Result<Option<SecretString>, Error> {
        let sealed: Option<Sealed> = sqlx::query_as(
            "select key_id, nonce, ciphertext from bulk_runs where id = $1 and ciphertext is not null",
        )
        .bind(id.to_string())
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        sealed.map(|sealed| self.store.sealer.open(bulk::place(&id.to_string(), TEXT), &sealed)).transpose()
    }

    /// Puts down that a box is begun with, under this operation, before it is. Says whether its turn had not come yet, and the run is
    /// not over.
    pub async fn begin_bulk_box(
        &self,
        id: BulkId,
        smartbox: BoxId,
        operation: OperationId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let begun = sqlx::query(
            "update bulk_boxes set state = 'going', operation_id = $3, begun_at_ms = $4
             where bulk_id = $1 and box_id = $2 and state = 'waiting'
                   and (select count(*) from bulk_runs where id = $1 and finished_at_ms is null) > 0",
        )
        .bind(id.to_string())
        .bind(smartbox.to_string())
        .bind(operation.to_string())
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
        if begun.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("update bulk_runs set last_begun_at_ms = $2 where id = $1")
            .bind(id.to_string())
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Puts down what came of a box.
    pub async fn end_bulk_box(
        &self,
        id: BulkId,
        smartbox: BoxId,
        (progress, what): (BulkProgress, Option<&str>),
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "update bulk_boxes set state = $3, what = $4, finished_at_ms = $5 where bulk_id = $1 and box_id = $2",
        )
        .bind(id.to_string())
        .bind(smartbox.to_string())
        .bind(progress.as_str())
        .bind(what)
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Ends a run. Says whether it was under way.
    pub async fn end_bulk_run(
        &self,
        run: &BulkRun,
        how: BulkEnd,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        if !bulk::end(&mut tx, run.id, how, now).await? {
            return Ok(false);
        }
        event::append(&mut tx, run.org, None, &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
