//! Sizes: made, changed, removed. They are the platform's.

use jiff::Timestamp;
use smartbox_core::Tier;

use super::FleetStore;
use crate::database::{Connection, Tx};
use crate::event::{self, NewEvent};
use crate::row::bigint;
use crate::{Error, boxes};

/// Most tiers: every list shows all of them.
pub const TIERS_MAX: u32 = 100;

impl FleetStore {
    /// Makes a tier, with the event that tells of it.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::TooMany`].
    pub async fn create_tier(&self, tier: &Tier, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        if boxes::find_tier(&mut tx, &tier.name).await?.is_some() {
            return Err(Error::NameTaken);
        }
        let count: i64 = sqlx::query_scalar("select count(*) from tiers").fetch_one(&mut *tx).await?;
        if count >= i64::from(TIERS_MAX) {
            return Err(Error::TooMany { what: "tiers", max: TIERS_MAX });
        }
        let insert =
            "insert into tiers (name, cpu_millis, memory_bytes, memory_max_bytes, pids_max, boxes_max)
                      values ($1, $2, $3, $4, $5, $6)";
        write(&mut tx, insert, tier).await?;
        told(tx, event, now).await
    }

    /// Changes the numbers of a tier. Its boxes have them from their next start on.
    ///
    /// # Errors
    /// [`Error::UnknownTier`].
    pub async fn change_tier(&self, tier: &Tier, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        boxes::require_tier(&mut tx, &tier.name).await?;
        let update =
            "update tiers set cpu_millis = $2, memory_bytes = $3, memory_max_bytes = $4, pids_max = $5,
                             boxes_max = $6 where name = $1";
        write(&mut tx, update, tier).await?;
        told(tx, event, now).await
    }

    /// Removes a tier that no box has.
    ///
    /// # Errors
    /// [`Error::UnknownTier`], [`Error::InUse`].
    pub async fn remove_tier(&self, name: &str, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        boxes::require_tier(&mut tx, name).await?;
        let used: bool = sqlx::query_scalar("select count(*) > 0 from boxes where tier = $1")
            .bind(name)
            .fetch_one(&mut *tx)
            .await?;
        if used {
            return Err(Error::InUse("the tier of a box"));
        }
        // A later tier of the same name begins without what was decided for this one.
        for sql in
            ["delete from egress_layers where subject = $1", "delete from backup_layers where subject = $1"]
        {
            sqlx::query(sql).bind(format!("tier:{name}")).execute(&mut *tx).await?;
        }
        sqlx::query("delete from tiers where name = $1").bind(name).execute(&mut *tx).await?;
        told(tx, event, now).await
    }
}

async fn write(tx: &mut Connection, sql: &'static str, tier: &Tier) -> Result<(), Error> {
    sqlx::query(sql)
        .bind(&tier.name)
        .bind(i64::from(tier.cpu_millis))
        .bind(bigint(tier.memory_bytes))
        .bind(bigint(tier.memory_max_bytes))
        .bind(i64::from(tier.pids_max))
        .bind(i64::from(tier.boxes_max))
        .execute(tx)
        .await?;
    Ok(())
}

async fn told(mut tx: Tx, event: NewEvent, now: Timestamp) -> Result<(), Error> {
    event::append(&mut tx, None, None, &event, now).await?;
    Ok(tx.commit().await?)
}
