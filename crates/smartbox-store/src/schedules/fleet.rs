//! Schedules as the loop that acts on them sees them.

use jiff::Timestamp;
use smartbox_core::{BoxId, ScheduleId};

use super::row::{ScheduleRow, select_schedules};
use super::{NextTime, RunState, Schedule, ScheduleRun};
use crate::event::{self, NewEvent};
use crate::row::{instant, parsed};
use crate::{Error, FleetStore};

impl FleetStore {
    /// Schedules that ask for something now: their time has come, or a run of theirs was begun and not ended. The longest
    /// overdue first, at most `limit`. With a `keeper`, those of the boxes that this platform keeps.
    pub async fn active_schedules(
        &self,
        now: Timestamp,
        limit: u32,
        keeper: Option<&str>,
    ) -> Result<Vec<Schedule>, Error> {
        let rows: Vec<ScheduleRow> = sqlx::query_as(select_schedules!(
            "where ((enabled and fires_at_ms <= $1) or run_state = 'started')
               and ($3 = '' or box_id in (select box_id from keepings where keeper = $3))
             order by fires_at_ms, id limit $2"
        ))
        .bind(now.as_millisecond())
        .bind(i64::from(limit))
        .bind(keeper.unwrap_or_default())
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(Schedule::try_from).collect()
    }

    /// The boxes that schedules keep awake, and until when. At most `limit`.
    pub async fn kept_awake(&self, now: Timestamp, limit: u32) -> Result<Vec<(BoxId, Timestamp)>, Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select box_id, max(awake_until_ms) from schedules where awake_until_ms > $1
             group by box_id order by box_id limit $2",
        )
        .bind(now.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(|(id, until)| Ok((parsed(&id)?, instant(until)?))).collect()
    }

    /// When the next schedule of any box has its time.
    pub async fn next_schedule_at(&self) -> Result<Option<Timestamp>, Error> {
        let at: Option<i64> = sqlx::query_scalar("select min(fires_at_ms) from schedules where enabled")
            .fetch_one(&mut *self.store.database.read().await?)
            .await?;
        crate::row::instant_opt(at)
    }

    /// Writes that a due time is acted on, before it is. False: somebody else has, or the schedule was changed.
    pub async fn claim_run(
        &self,
        schedule: &Schedule,
        run: &ScheduleRun,
        next: Option<NextTime>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let claimed = sqlx::query(
            "update schedules set run_id = $3, run_due_ms = $4, run_at_ms = $5, run_state = $6, run_what = $7,
                    next_at_ms = $8, fires_at_ms = $9, awake_until_ms = null
             where id = $1 and version = $2 and next_at_ms = $10",
        )
        .bind(schedule.id.to_string())
        .bind(schedule.version)
        .bind(&run.id)
        .bind(run.due.as_millisecond())
        .bind(run.at.as_millisecond())
        .bind(run.state.as_str())
        .bind(&run.what)
        .bind(next.map(|next| next.at.as_millisecond()))
        .bind(next.map(|next| next.fires_at.as_millisecond()))
        .bind(schedule.next.map(|next| next.at.as_millisecond()))
        .execute(&mut *tx)
        .await?;
        if claimed.rows_affected() == 0 {
            return Ok(false);
        }
        event::append(&mut tx, Some(schedule.org), Some(schedule.box_id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Writes how a run went, and until when it keeps the box awake. A later run of the same schedule is left alone.
    pub async fn finish_run(
        &self,
        id: ScheduleId,
        run: &str,
        (state, what): (RunState, Option<&str>),
        awake_until: Option<Timestamp>,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "update schedules set run_state = $3, run_what = $4, awake_until_ms = $5 where id = $1 and run_id = $2",
        )
        .bind(id.to_string())
        .bind(run)
        .bind(state.as_str())
        .bind(what)
        .bind(awake_until.map(Timestamp::as_millisecond))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
