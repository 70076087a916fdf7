//! Leases: who may act, with a number that grows with every change of hands.

use std::time::Duration;

use jiff::Timestamp;

use crate::idempotency::later;
use crate::{Error, FleetStore};

impl FleetStore {
    /// Takes the lease if nobody else holds it. Returns its epoch, which is one more than that of every earlier
    /// acquisition; `None` while somebody else holds it.
    ///
    /// A holder that acquires again gets a new epoch: it has been restarted and must fence off its former self.
    pub async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Option<i64>, Error> {
        let now_ms = now.as_millisecond();
        let mut tx = self.store.database.write().await?;
        let epoch = sqlx::query_scalar(
            "insert into leases (name, holder, epoch, expires_at_ms) values ($1, $2, 1, $3)
             on conflict (name) do update set holder = excluded.holder, epoch = leases.epoch + 1,
                    expires_at_ms = excluded.expires_at_ms
             where leases.holder = excluded.holder or leases.expires_at_ms <= $4
             returning epoch",
        )
        .bind(name)
        .bind(holder)
        .bind(later(now_ms, ttl))
        .bind(now_ms)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(epoch)
    }

    /// Keeps the lease for another `ttl`. `false`: it is lost, stop acting at once.
    ///
    /// A lease that ran out and was taken by nobody is kept: its epoch is still the newest.
    pub async fn renew_lease(
        &self,
        name: &str,
        holder: &str,
        epoch: i64,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.end_lease_at(name, holder, epoch, later(now.as_millisecond(), ttl)).await
    }

    /// Gives the lease back, so that the next holder need not wait. Says whether it was held.
    pub async fn release_lease(&self, name: &str, holder: &str, epoch: i64) -> Result<bool, Error> {
        // The row stays: the epoch must go on growing.
        self.end_lease_at(name, holder, epoch, 0).await
    }

    /// Makes the next epoch larger than `at_least`: a database that was put back is older than what boxes have obeyed since.
    pub async fn raise_lease(&self, name: &str, at_least: i64) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "insert into leases (name, holder, epoch, expires_at_ms) values ($1, '', $2, 0)
             on conflict (name) do update set expires_at_ms = 0,
                    epoch = case when leases.epoch < excluded.epoch then excluded.epoch else leases.epoch end",
        )
        .bind(name)
        .bind(at_least)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn end_lease_at(
        &self,
        name: &str,
        holder: &str,
        epoch: i64,
        expires_at_ms: i64,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let held = sqlx::query(
            "update leases set expires_at_ms = $4 where name = $1 and holder = $2 and epoch = $3 and expires_at_ms > 0",
        )
        .bind(name)
        .bind(holder)
        .bind(epoch)
        .bind(expires_at_ms)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(held > 0)
    }
}
