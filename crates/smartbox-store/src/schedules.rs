//! What happens in boxes by the clock.

mod fleet;
mod plan;
mod row;

pub use plan::{NextTime, RunState, Schedule, ScheduleAction, SchedulePlan, ScheduleRun};

use jiff::Timestamp;
use smartbox_core::{BoxId, OrgId, ScheduleId};

use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::{Error, OrgStore, boxes};
use row::{ScheduleRow, select_schedules};

/// Most schedules of one box.
pub const SCHEDULES_MAX: u32 = 100;

impl OrgStore {
    /// Makes a schedule for a box.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a box that is not there; [`Error::TooMany`] over [`SCHEDULES_MAX`].
    pub async fn create_schedule(
        &self,
        (id, box_id): (ScheduleId, BoxId),
        plan: &SchedulePlan,
        next: Option<NextTime>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Schedule, Error> {
        let mut tx = self.store.database.write().await?;
        boxes::find_of_org(&mut tx, self.org, box_id).await?.ok_or(Error::NotFound("box"))?;
        let there: i64 = sqlx::query_scalar("select count(*) from schedules where box_id = $1")
            .bind(box_id.to_string())
            .fetch_one(&mut *tx)
            .await?;
        if there >= i64::from(SCHEDULES_MAX) {
            return Err(Error::TooMany { what: "schedules of this box", max: SCHEDULES_MAX });
        }
        sqlx::query(
            "insert into schedules (id, org_id, box_id, name, time_zone, action, awake_secs, catch_up, enabled, version,
                                    created_by, created_at_ms)
             values ($1, $2, $3, '', '', '', 0, '', $4, 0, $5, $6)",
        )
        .bind(id.to_string())
        .bind(self.org.to_string())
        .bind(box_id.to_string())
        .bind(plan.enabled)
        .bind(&event.actor)
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
        write_plan(&mut tx, id, plan, next).await?;
        event::append(&mut tx, Some(self.org), Some(box_id), &event, now).await?;
        let made = find(&mut tx, self.org, box_id, id).await?.ok_or(Error::NotFound("schedule"))?;
        tx.commit().await?;
        Ok(made)
    }

    /// The schedules of a box, oldest first. There are at most [`SCHEDULES_MAX`].
    pub async fn list_schedules(&self, box_id: BoxId) -> Result<Vec<Schedule>, Error> {
        let rows: Vec<ScheduleRow> =
            sqlx::query_as(select_schedules!("where org_id = $1 and box_id = $2 order by id"))
                .bind(self.org.to_string())
                .bind(box_id.to_string())
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(Schedule::try_from).collect()
    }

    /// Finds a schedule of a box.
    pub async fn find_schedule(&self, box_id: BoxId, id: ScheduleId) -> Result<Option<Schedule>, Error> {
        find(&mut *self.store.database.read().await?, self.org, box_id, id).await
    }

    /// Changes a schedule that is of this version.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::VersionMismatch`].
    pub async fn change_schedule(
        &self,
        before: &Schedule,
        plan: &SchedulePlan,
        next: Option<NextTime>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Schedule, Error> {
        let mut tx = self.store.database.write().await?;
        let (box_id, id) = (before.box_id, before.id);
        let there = find(&mut tx, self.org, box_id, id).await?.ok_or(Error::NotFound("schedule"))?;
        if there.version != before.version {
            return Err(Error::VersionMismatch { current: there.version });
        }
        write_plan(&mut tx, id, plan, next).await?;
        event::append(&mut tx, Some(self.org), Some(box_id), &event, now).await?;
        let changed = find(&mut tx, self.org, box_id, id).await?.ok_or(Error::NotFound("schedule"))?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Removes a schedule.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove_schedule(
        &self,
        box_id: BoxId,
        id: ScheduleId,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let removed = sqlx::query("delete from schedules where id = $1 and box_id = $2 and org_id = $3")
            .bind(id.to_string())
            .bind(box_id.to_string())
            .bind(self.org.to_string())
            .execute(&mut *tx)
            .await?;
        if removed.rows_affected() == 0 {
            return Err(Error::NotFound("schedule"));
        }
        event::append(&mut tx, Some(self.org), Some(box_id), &event, now).await?;
        Ok(tx.commit().await?)
    }
}

async fn find(
    connection: &mut Connection,
    org: OrgId,
    box_id: BoxId,
    id: ScheduleId,
) -> Result<Option<Schedule>, Error> {
    let row: Option<ScheduleRow> =
        sqlx::query_as(select_schedules!("where org_id = $1 and box_id = $2 and id = $3"))
            .bind(org.to_string())
            .bind(box_id.to_string())
            .bind(id.to_string())
            .fetch_optional(connection)
            .await?;
    row.map(Schedule::try_from).transpose()
}

async fn write_plan(
    tx: &mut Connection,
    id: ScheduleId,
    plan: &SchedulePlan,
    next: Option<NextTime>,
) -> Result<(), Error> {
    let (action, awake_secs, message, session) = row::action_columns(&plan.action);
    sqlx::query(
        "update schedules set name = $2, cron = $3, time_zone = $4, at_ms = $5, action = $6, awake_secs = $7, message = $8,
                session = $9, catch_up = $10, enabled = $11, next_at_ms = $12, fires_at_ms = $13, version = version + 1
         where id = $1",
    )
    .bind(id.to_string())
    .bind(&plan.name)
    .bind(&plan.cron)
    .bind(&plan.time_zone)
    .bind(plan.at.map(Timestamp::as_millisecond))
    .bind(action)
    .bind(awake_secs)
    .bind(message)
    .bind(session)
    .bind(plan.catch_up.as_str())
    .bind(plan.enabled)
    .bind(next.map(|next| next.at.as_millisecond()))
    .bind(next.map(|next| next.fires_at.as_millisecond()))
    .execute(tx)
    .await?;
    Ok(())
}
