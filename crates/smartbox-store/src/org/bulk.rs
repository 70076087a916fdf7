//! What is done with many of the org's boxes.

use jiff::Timestamp;
use smartbox_core::BulkId;
use smartbox_core::bulk::BulkEnd;

use super::OrgStore;
use crate::Error;
use crate::bulk::{self, BulkBox, BulkRow, BulkRun, RUNS_SHOWN, select_runs};
use crate::event::{self, NewEvent};

impl OrgStore {
    /// The org's newest runs, the newest first.
    pub async fn list_bulk_runs(&self) -> Result<Vec<BulkRun>, Error> {
        let rows: Vec<BulkRow> = sqlx::query_as(select_runs!("where org_id = $1 order by id desc limit $2"))
            .bind(self.org.to_string())
            .bind(RUNS_SHOWN)
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(BulkRun::try_from).collect()
    }

    /// A run of the org, and how it goes with each box.
    pub async fn find_bulk_run(&self, id: BulkId) -> Result<Option<(BulkRun, Vec<BulkBox>)>, Error> {
        let mut connection = self.store.database.read().await?;
        let row: Option<BulkRow> = sqlx::query_as(select_runs!("where id = $1 and org_id = $2"))
            .bind(id.to_string())
            .bind(self.org.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.try_into()?, bulk::boxes_of(&mut connection, id).await?)))
    }

    /// Ends a run of the org: no further box is begun.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for one that is over.
    pub async fn cancel_bulk_run(&self, id: BulkId, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let is_own: bool =
            sqlx::query_scalar("select count(*) > 0 from bulk_runs where id = $1 and org_id = $2")
                .bind(id.to_string())
                .bind(self.org.to_string())
                .fetch_one(&mut *tx)
                .await?;
        if !is_own || !bulk::end(&mut tx, id, BulkEnd::Cancelled, now).await? {
            return Err(Error::NotFound("bulk run"));
        }
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        Ok(tx.commit().await?)
    }
}
