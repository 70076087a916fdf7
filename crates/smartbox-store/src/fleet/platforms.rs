//! Platforms that share the database: which of them live, and who keeps which box.
//!
//! The lease that a single platform has on all boxes is theirs together: while one of them lives, no platform of a version that
//! knows of one only may act. Its epoch is where the fencing numbers of the boxes come from, so they grow across both.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::BoxId;

use crate::database::Connection;
use crate::idempotency::later;
use crate::ledger::bytes;
use crate::platforms::{Keeping, KeepingRow, NewPlatform, Platform, PlatformRow};
use crate::{Error, FleetStore};

/// The lease on all boxes.
const LEASE: &str = "reconciler";
/// Who has it when several platforms have it together.
pub(crate) const TOGETHER: &str = "platforms";

impl FleetStore {
    /// Joins the platforms that act. Its number is larger than that of every one before; `None` while a platform acts that
    /// believes itself alone.
    pub async fn join_platforms(
        &self,
        new: &NewPlatform,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Option<i64>, Error> {
        let now_ms = now.as_millisecond();
        let mut tx = self.store.database.write().await?;
        let joined: Option<i64> = sqlx::query_scalar(
            "insert into leases (name, holder, epoch, expires_at_ms) values ($1, $2, 1, $3)
             on conflict (name) do update set holder = excluded.holder, epoch = leases.epoch + 1,
                    expires_at_ms = excluded.expires_at_ms
             where leases.holder = excluded.holder or leases.expires_at_ms <= $4
             returning epoch",
        )
        .bind(LEASE)
        .bind(TOGETHER)
        .bind(later(now_ms, ttl))
        .bind(now_ms)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(joined) = joined else { return Ok(None) };
        sqlx::query(
            "insert into platforms (id, joined, place, address, version, joined_at_ms, beat, beat_at_ms)
             values ($1, $2, $3, $4, $5, $6, 1, $6)",
        )
        .bind(&new.id)
        .bind(joined)
        .bind(&new.place)
        .bind(&new.address)
        .bind(&new.version)
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(joined))
    }

    /// Says that a platform lives. `false`: it was taken for gone, and others have its boxes.
    pub async fn beat_platform(&self, id: &str, ttl: Duration, now: Timestamp) -> Result<bool, Error> {
        let now_ms = now.as_millisecond();
        let mut tx = self.store.database.write_fleeting().await?;
        let beats = sqlx::query("update platforms set beat = beat + 1, beat_at_ms = $2 where id = $1")
            .bind(id)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if beats == 0 {
            return Ok(false);
        }
        sqlx::query(
            "update leases set expires_at_ms = $3 where name = $1 and holder = $2 and expires_at_ms < $3",
        )
        .bind(LEASE)
        .bind(TOGETHER)
        .bind(later(now_ms, ttl))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The platforms that joined and were not buried, in the order in which they joined.
    pub async fn platforms(&self) -> Result<Vec<Platform>, Error> {
        let rows: Vec<PlatformRow> = sqlx::query_as(
            "select id, joined, place, address, version, joined_at_ms, beat, beat_at_ms
             from platforms order by joined",
        )
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(Platform::try_from).collect()
    }

    /// A number that changes whenever boxes change hands, and how many boxes nobody keeps.
    pub async fn keepings_version(&self) -> Result<(i64, u64), Error> {
        let mut connection = self.store.database.read().await?;
        let version: Option<i64> = sqlx::query_scalar("select epoch from leases where name = $1")
            .bind(LEASE)
            .fetch_optional(&mut *connection)
            .await?;
        let unkept: i64 = sqlx::query_scalar(
            "select count(*) from boxes left join keepings on keepings.box_id = boxes.id
             where keepings.keeper is null or keepings.keeper = ''",
        )
        .fetch_one(&mut *connection)
        .await?;
        Ok((version.unwrap_or(0), u64::try_from(unkept).unwrap_or(0)))
    }

    /// Every box, and who keeps it.
    pub async fn keepings(&self) -> Result<Vec<Keeping>, Error> {
        let rows: Vec<KeepingRow> = sqlx::query_as(
            "select boxes.id, boxes.desired, boxes.observed, keepings.keeper, keepings.epoch, keepings.place
             from boxes left join keepings on keepings.box_id = boxes.id order by boxes.id",
        )
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(Keeping::try_from).collect()
    }

    /// Ends a platform whose beat stands still: nobody keeps its boxes from now on. `false`: it has beaten since, or is gone
    /// already.
    pub async fn bury_platform(&self, id: &str, beat: i64) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let buried = sqlx::query("delete from platforms where id = $1 and beat = $2")
            .bind(id)
            .bind(beat)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if buried == 0 {
            return Ok(false);
        }
        free_all(&mut tx, id).await?;
        next_epoch(&mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends a platform that ends by itself. The lease ends with the last one.
    pub async fn leave_platforms(&self, id: &str) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query("delete from platforms where id = $1").bind(id).execute(&mut *tx).await?;
        free_all(&mut tx, id).await?;
        next_epoch(&mut tx).await?;
        sqlx::query(
            "update leases set expires_at_ms = 0 where name = $1 and holder = $2 and not exists (select 1 from platforms)",
        )
        .bind(LEASE)
        .bind(TOGETHER)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Takes boxes that nobody keeps, under a new fencing number, and gives back what was set aside for their traffic. Answers which they were, and the number; nothing when the
    /// platform itself is gone.
    pub async fn take_boxes(&self, id: &str, boxes: &[BoxId]) -> Result<Option<(i64, Vec<BoxId>)>, Error> {
        let mut tx = self.store.database.write().await?;
        let place: Option<String> = sqlx::query_scalar("select place from platforms where id = $1")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(place) = place else { return Ok(None) };
        let epoch = next_epoch(&mut tx).await?;
        let mut taken = Vec::with_capacity(boxes.len());
        for one in boxes {
            let rows = sqlx::query(
                "insert into keepings (box_id, keeper, epoch, place) select id, $2, $3, $4 from boxes where id = $1
                 on conflict (box_id) do update set keeper = excluded.keeper, epoch = excluded.epoch, place = excluded.place
                 where keepings.keeper = '' and (keepings.place = '' or keepings.place = excluded.place)",
            )
            .bind(one.to_string())
            .bind(id)
            .bind(epoch)
            .bind(&place)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if rows > 0 {
                // What the keeper before had set aside for its traffic is nobody's any more.
                let set_aside =
                    sqlx::query("delete from spend_reservations where id = $1").bind(bytes::key(*one));
                set_aside.execute(&mut *tx).await?;
                taken.push(*one);
            }
        }
        tx.commit().await?;
        Ok(Some((epoch, taken)))
    }

    /// Keeps boxes no more that this platform has kept.
    pub async fn let_go(&self, id: &str, boxes: &[BoxId]) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        for one in boxes {
            sqlx::query("update keepings set keeper = '' where box_id = $1 and keeper = $2")
                .bind(one.to_string())
                .bind(id)
                .execute(&mut *tx)
                .await?;
        }
        next_epoch(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}

async fn free_all(tx: &mut Connection, id: &str) -> Result<(), Error> {
    sqlx::query("update keepings set keeper = '' where keeper = $1").bind(id).execute(tx).await?;
    Ok(())
}

/// The next fencing number.
async fn next_epoch(tx: &mut Connection) -> Result<i64, Error> {
    let next = sqlx::query_scalar("update leases set epoch = epoch + 1 where name = $1 returning epoch");
    Ok(next.bind(LEASE).fetch_one(tx).await?)
}
