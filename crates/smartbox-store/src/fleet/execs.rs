//! Running the commands that run by themselves.

use jiff::Timestamp;
use smartbox_core::ExecId;
use smartbox_core::exec::ExecEnd;

use crate::execs::ExecOutput;
use crate::row::{bigint, parsed};
use crate::{Error, FleetStore};

impl FleetStore {
    /// Puts down that a command was started. False: it has ended already.
    pub async fn begin_exec(&self, id: ExecId, now: Timestamp) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let begun = sqlx::query("update execs set started_at_ms = $2 where id = $1 and ended_at_ms is null")
            .bind(id.to_string())
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok(begun > 0)
    }

    /// Puts down how a command ended and what it printed. False: an end is known already, and stays.
    pub async fn end_exec(
        &self,
        id: ExecId,
        end: &ExecEnd,
        output: &ExecOutput,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let ended = sqlx::query(
            "update execs set ended_at_ms = $2, outcome = $3, code = $4, what = $5, stdout = $6, stderr = $7,
                    stdout_bytes = $8, stderr_bytes = $9
             where id = $1 and ended_at_ms is null",
        )
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .bind(end.as_str())
        .bind(end.code().map(i64::from))
        .bind(end.what())
        .bind(&output.stdout)
        .bind(&output.stderr)
        .bind(bigint(output.stdout_bytes))
        .bind(bigint(output.stderr_bytes))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(ended > 0)
    }

    /// Says that `runner` is alive, and gives the commands that it has, each with whether somebody wants it killed.
    pub async fn beat_execs(&self, runner: &str, now: Timestamp) -> Result<Vec<(ExecId, bool)>, Error> {
        let mut tx = self.store.database.write_fleeting().await?;
        let rows: Vec<(String, bool)> = sqlx::query_as(
            "update execs set beat_at_ms = $2 where runner = $1 and ended_at_ms is null returning id, is_unwanted",
        )
        .bind(runner)
        .bind(now.as_millisecond())
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        rows.into_iter().map(|(id, is_unwanted)| Ok((parsed(&id)?, is_unwanted))).collect()
    }

    /// Ends the commands of runners that have said nothing since `silent_since`: nobody knows what became of them. Gives
    /// how many there were, `limit` at most.
    pub async fn lose_execs(
        &self,
        silent_since: Timestamp,
        why: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, Error> {
        let end = ExecEnd::Lost(why.to_owned());
        let silent: Vec<String> = sqlx::query_scalar(
            "select id from execs where ended_at_ms is null and beat_at_ms < $1 order by beat_at_ms limit $2",
        )
        .bind(silent_since.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        let mut lost = 0;
        for id in silent {
            let mut tx = self.store.database.write().await?;
            lost += sqlx::query(
                "update execs set ended_at_ms = $2, outcome = $3, what = $4
                 where id = $1 and ended_at_ms is null and beat_at_ms < $5",
            )
            .bind(id)
            .bind(now.as_millisecond())
            .bind(end.as_str())
            .bind(end.what())
            .bind(silent_since.as_millisecond())
            .execute(&mut *tx)
            .await?
            .rows_affected();
            tx.commit().await?;
        }
        Ok(lost)
    }
}
