//! Rollouts over the org's boxes.

use jiff::Timestamp;
use smartbox_core::RolloutId;
use smartbox_core::rollout::RolloutEnd;

use super::OrgStore;
use crate::Error;
use crate::event::{self, NewEvent};
use crate::rollouts::{self, ROLLOUTS_SHOWN, Rollout, RolloutBox, RolloutRow, select_rollouts};

impl OrgStore {
    /// The org's newest rollouts, the newest first.
    pub async fn list_rollouts(&self) -> Result<Vec<Rollout>, Error> {
        let rows: Vec<RolloutRow> =
            sqlx::query_as(select_rollouts!("where org_id = $1 order by id desc limit $2"))
                .bind(self.org.to_string())
                .bind(ROLLOUTS_SHOWN)
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(Rollout::try_from).collect()
    }

    /// A rollout of the org, and how it goes with each box.
    pub async fn find_rollout(&self, id: RolloutId) -> Result<Option<(Rollout, Vec<RolloutBox>)>, Error> {
        let mut connection = self.store.database.read().await?;
        let row: Option<RolloutRow> = sqlx::query_as(select_rollouts!("where id = $1 and org_id = $2"))
            .bind(id.to_string())
            .bind(self.org.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.try_into()?, rollouts::boxes_of(&mut connection, id).await?)))
    }

    /// Ends a rollout of the org: no further box is begun.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for one that is over.
    pub async fn cancel_rollout(&self, id: RolloutId, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let is_own: bool =
            sqlx::query_scalar("select count(*) > 0 from rollouts where id = $1 and org_id = $2")
                .bind(id.to_string())
                .bind(self.org.to_string())
                .fetch_one(&mut *tx)
                .await?;
        if !is_own || !rollouts::end(&mut tx, id, RolloutEnd::Cancelled, now).await? {
            return Err(Error::NotFound("rollout"));
        }
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        Ok(tx.commit().await?)
    }
}
