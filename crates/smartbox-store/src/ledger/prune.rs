//! Removing what is old. Rows of a log go only once they are summed up.

use std::time::Duration;

use jiff::Timestamp;

use super::roll_up::{Log, summed};
use crate::row::bigint;
use crate::{Error, FleetStore};

/// How long rows of the logs are kept: two whole months and a half, so that the sums of this month and the last can be made anew.
pub(crate) const USAGE_LOG_TTL: Duration = Duration::from_hours(90 * 24);
/// How long sums of days are kept. Those of months stay.
pub(crate) const USAGE_DAYS_TTL: Duration = Duration::from_hours(400 * 24);

const fn pruned(log: Log) -> &'static str {
    match log {
        Log::Egress => {
            "delete from egress_usage where seq in
             (select seq from egress_usage where seq <= $1 and at_ms < $2 order by seq limit $3)"
        }
        Log::Model => {
            "delete from model_usage where seq in
             (select seq from model_usage where seq <= $1 and at_ms < $2 order by seq limit $3)"
        }
        Log::Compute => {
            "delete from compute_usage where seq in
             (select seq from compute_usage where seq <= $1 and at_ms < $2 order by seq limit $3)"
        }
    }
}

impl FleetStore {
    /// Removes at most `limit` rows of each kind whose time has passed: of the logs, of days, of warnings, of reservations that
    /// nobody has settled. Says how many.
    pub async fn prune_usage(&self, now: Timestamp, limit: u32) -> Result<u64, Error> {
        let before =
            |age: Duration| now.as_millisecond().saturating_sub(bigint(age.as_secs()).saturating_mul(1000));
        let mut removed = 0;
        for log in Log::ALL {
            let mut tx = self.store.database.write().await?;
            let summed = summed(&mut tx, log).await?;
            let gone = sqlx::query(pruned(log))
                .bind(summed)
                .bind(before(USAGE_LOG_TTL))
                .bind(i64::from(limit))
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            removed += gone.rows_affected();
        }
        let oldest = Timestamp::from_millisecond(before(USAGE_DAYS_TTL)).unwrap_or(Timestamp::MIN);
        let mut tx = self.store.database.write().await?;
        for (sql, bound) in [
            (
                "delete from budget_warnings where (subject, period, measure, percent) in
                 (select subject, period, measure, percent from budget_warnings where at_ms < $1 limit $2)",
                before(USAGE_LOG_TTL),
            ),
            (
                "delete from spend_reservations where id in
                 (select id from spend_reservations where expires_at_ms <= $1 limit $2)",
                now.as_millisecond(),
            ),
        ] {
            removed +=
                sqlx::query(sql).bind(bound).bind(i64::from(limit)).execute(&mut *tx).await?.rows_affected();
        }
        removed += sqlx::query(
            "delete from usage_rollups where (org_id, box_id, period) in
             (select org_id, box_id, period from usage_rollups where period < $1 and length(period) = 10 limit $2)",
        )
        .bind(oldest.strftime("%Y-%m-%d").to_string())
        .bind(i64::from(limit))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(removed)
    }
}
