//! Commands in the org's boxes that run by themselves.

use jiff::Timestamp;
use smartbox_core::{BoxId, ExecId};

use super::OrgStore;
use crate::event::{self, NewEvent};
use crate::execs::{
    EXECS_MAX, EXECS_RUNNING, EXECS_RUNNING_MAX, Exec, ExecRow, NewExec, forgotten_before, select_execs,
};
use crate::row::bigint;
use crate::{Cursor, Error, Page, boxes, page};

/// The oldest that ended make room for a new one.
const MAKE_ROOM: &str = "delete from execs where id in (
    select id from execs where box_id = $1 and ended_at_ms is not null order by id desc limit $2 offset $3)";

impl OrgStore {
    /// Puts a command down before it is started, so that it is never forgotten. The oldest that ended go where there would be more
    /// than [`EXECS_MAX`].
    ///
    /// # Errors
    /// [`Error::NotFound`] without such a box, [`Error::TooMany`] when as many run as may.
    pub async fn create_exec(&self, new: &NewExec, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        boxes::find_of_org(&mut tx, self.org, new.box_id).await?.ok_or(Error::NotFound("box"))?;
        let running: i64 =
            sqlx::query_scalar("select count(*) from execs where box_id = $1 and ended_at_ms is null")
                .bind(new.box_id.to_string())
                .fetch_one(&mut *tx)
                .await?;
        if running >= i64::from(EXECS_RUNNING_MAX) {
            return Err(Error::TooMany { what: EXECS_RUNNING, max: EXECS_RUNNING_MAX });
        }
        sqlx::query(MAKE_ROOM)
            .bind(new.box_id.to_string())
            .bind(i64::from(EXECS_MAX))
            .bind(i64::from(EXECS_MAX) - running - 1)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "insert into execs (id, org_id, box_id, argv, has_tty, timeout_ms, asked_by, created_at_ms, runner, beat_at_ms,
                                is_unwanted, stdout_bytes, stderr_bytes)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, false, 0, 0)",
        )
        .bind(new.id.to_string())
        .bind(self.org.to_string())
        .bind(new.box_id.to_string())
        .bind(serde_json::to_string(&new.argv).map_err(Error::damaged)?)
        .bind(new.has_tty)
        .bind(bigint(u64::try_from(new.timeout.as_millis()).unwrap_or(u64::MAX)))
        .bind(&new.asked_by)
        .bind(now.as_millisecond())
        .bind(&new.runner)
        .execute(&mut *tx)
        .await?;
        event::append(&mut tx, Some(self.org), Some(new.box_id), &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// A command of a box, with what it printed. One that ended long ago is not there.
    pub async fn find_exec(
        &self,
        smartbox: BoxId,
        id: ExecId,
        now: Timestamp,
    ) -> Result<Option<Exec>, Error> {
        let row: Option<ExecRow> = sqlx::query_as(select_execs!(whole
            "where id = $1 and box_id = $2 and org_id = $3 and (ended_at_ms is null or ended_at_ms > $4)"))
        .bind(id.to_string())
        .bind(smartbox.to_string())
        .bind(self.org.to_string())
        .bind(forgotten_before(now))
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        row.map(Exec::try_from).transpose()
    }

    /// A page of the commands of a box, the newest first, without what they printed.
    ///
    /// # Errors
    /// [`Error::BadCursor`].
    pub async fn list_execs(
        &self,
        smartbox: BoxId,
        cursor: Option<&Cursor>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Page<Exec>, Error> {
        let limit = page::limit(limit);
        // Behind every id that there is.
        let before = match cursor {
            Some(cursor) => cursor.key::<ExecId>()?.to_string(),
            None => "exe_~".to_owned(),
        };
        let rows: Vec<ExecRow> = sqlx::query_as(select_execs!(short
            "where box_id = $1 and org_id = $2 and (ended_at_ms is null or ended_at_ms > $3) and id < $4
             order by id desc limit $5"))
        .bind(smartbox.to_string())
        .bind(self.org.to_string())
        .bind(forgotten_before(now))
        .bind(before)
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        page::of(rows, limit, |exec: &Exec| exec.id)
    }

    /// Wants a command to end. Whoever runs it sees that soon. Says whether it still ran.
    pub async fn want_exec_killed(&self, smartbox: BoxId, id: ExecId) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let changed = sqlx::query(
            "update execs set is_unwanted = true
             where id = $1 and box_id = $2 and org_id = $3 and ended_at_ms is null",
        )
        .bind(id.to_string())
        .bind(smartbox.to_string())
        .bind(self.org.to_string())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(changed > 0)
    }
}
