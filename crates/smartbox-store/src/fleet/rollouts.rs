//! Rollouts of all orgs, and what their loop puts down.

use jiff::Timestamp;
use smartbox_core::rollout::{BoxProgress, RolloutEnd};
use smartbox_core::{BoxId, OperationId, RolloutId};

use crate::event::{self, NewEvent};
use crate::rollouts::{self, ROLLOUTS_SHOWN, Rollout, RolloutBox, RolloutRow, select_rollouts};
use crate::{Error, FleetStore};

impl FleetStore {
    /// Puts a rollout down with all its boxes, which wait.
    pub async fn create_rollout(
        &self,
        new: &Rollout,
        boxes: &[(BoxId, String)],
        event: NewEvent,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "insert into rollouts (id, org_id, to_version, wave, stop_after, asked_by, created_at_ms)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(new.id.to_string())
        .bind(new.org.map(|org| org.to_string()))
        .bind(&new.to)
        .bind(i64::from(new.wave))
        .bind(i64::from(new.stop_after))
        .bind(&new.asked_by)
        .bind(new.created_at.as_millisecond())
        .execute(&mut *tx)
        .await?;
        for (id, name) in boxes {
            sqlx::query(
                "insert into rollout_boxes (rollout_id, box_id, name, state) values ($1, $2, $3, $4)",
            )
            .bind(new.id.to_string())
            .bind(id.to_string())
            .bind(name)
            .bind(BoxProgress::Waiting.as_str())
            .execute(&mut *tx)
            .await?;
        }
        event::append(&mut tx, new.org, None, &event, new.created_at).await?;
        Ok(tx.commit().await?)
    }

    /// The newest rollouts of all orgs, the newest first.
    pub async fn list_rollouts(&self) -> Result<Vec<Rollout>, Error> {
        let rows: Vec<RolloutRow> = sqlx::query_as(select_rollouts!("order by id desc limit $1"))
            .bind(ROLLOUTS_SHOWN)
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(Rollout::try_from).collect()
    }

    /// Those that are under way, the oldest first.
    pub async fn open_rollouts(&self) -> Result<Vec<Rollout>, Error> {
        let rows: Vec<RolloutRow> =
            sqlx::query_as(select_rollouts!("where finished_at_ms is null order by id"))
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(Rollout::try_from).collect()
    }

    /// A rollout of any org, and how it goes with each box.
    pub async fn find_rollout(&self, id: RolloutId) -> Result<Option<(Rollout, Vec<RolloutBox>)>, Error> {
        let mut connection = self.store.database.read().await?;
        let row: Option<RolloutRow> = sqlx::query_as(select_rollouts!("where id = $1"))
            .bind(id.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.try_into()?, rollouts::boxes_of(&mut connection, id).await?)))
    }

    /// Puts down how it goes with a box.
    pub async fn note_rollout_box(
        &self,
        id: RolloutId,
        smartbox: BoxId,
        progress: BoxProgress,
        (operation, what): (Option<OperationId>, Option<&str>),
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "update rollout_boxes set state = $3, operation_id = coalesce($4, operation_id), what = $5
             where rollout_id = $1 and box_id = $2",
        )
        .bind(id.to_string())
        .bind(smartbox.to_string())
        .bind(progress.as_str())
        .bind(operation.map(|id| id.to_string()))
        .bind(what)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Ends a rollout. Says whether it was under way.
    pub async fn end_rollout(
        &self,
        rollout: &Rollout,
        how: RolloutEnd,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        if !rollouts::end(&mut tx, rollout.id, how, now).await? {
            return Ok(false);
        }
        event::append(&mut tx, rollout.org, None, &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
