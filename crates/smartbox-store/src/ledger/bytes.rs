//! Bytes that are set aside for the traffic of boxes, before they move.
//!
//! Each box has one row: what was set aside for it and neither recorded nor given back. What is recorded is taken off it in the
//! transaction that appends it, so used and set aside together never lie beyond a limit.

use jiff::{SignedDuration, Timestamp};
use smartbox_core::BoxId;
use smartbox_core::ledger::{Ask, Bound, Measure, bytes_left, chunk};

use super::spend::{Account, SpendBlock};
use crate::database::Connection;
use crate::egress::EgressUsage;
use crate::row::bigint;
use crate::{Error, FleetStore};

/// What nobody has used or given back for this long is worth nothing any more.
const TTL: SignedDuration = SignedDuration::from_mins(30);

/// The key of a box's row, which no call of a model has.
pub(crate) fn key(id: BoxId) -> String {
    format!("bytes:{id}")
}

fn expiry(now: Timestamp) -> i64 {
    now.saturating_add(TTL).unwrap_or(Timestamp::MAX).as_millisecond()
}

impl Account {
    /// Bytes that are neither used nor set aside; `None`: no limit on them.
    fn bytes_left(&self) -> Option<u64> {
        let sum = self.of_org.month.plus(&self.reserved.amounts());
        let of_plan = bytes_left(self.terms.plan(), &sum, self.terms.overage_nanos);
        let of_bytes = |bound: &&Bound| bound.measure == Measure::Bandwidth;
        let left = |bound: &Bound| bound.limit.saturating_sub(bound.current);
        self.bounds.iter().filter(of_bytes).map(left).chain(of_plan).min()
    }
}

/// Takes what is recorded off what is set aside, and keeps the rest from growing too old.
pub(crate) async fn take_off(tx: &mut Connection, used: &[EgressUsage], now: Timestamp) -> Result<(), Error> {
    for one in used {
        sqlx::query(
            "update spend_reservations set bytes = case when bytes > $2 then bytes - $2 else 0 end, expires_at_ms = $3
             where id = $1 and expires_at_ms > $4",
        )
        .bind(key(one.box_id))
        .bind(bigint(one.sent.saturating_add(one.received)))
        .bind(expiry(now))
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

impl FleetStore {
    /// Sets the next bytes aside for a box, beside those that are already: how many; `None` where nothing limits them.
    pub async fn set_bytes_aside(
        &self,
        id: BoxId,
        now: Timestamp,
    ) -> Result<Result<Option<u64>, SpendBlock>, Error> {
        let mut tx = self.store.database.write().await?;
        let Some(account) = Account::open(&mut tx, id, now).await? else { return Ok(Err(SpendBlock::NoBox)) };
        let Some(left) = account.bytes_left() else { return Ok(Ok(None)) };
        // Where nothing is left, the smallest ask says why.
        let bytes = chunk(left).max(1);
        if let Err(block) = account.decide(&Ask { bytes, ..Ask::default() }, now) {
            return Ok(Err(block));
        }
        sqlx::query(
            "insert into spend_reservations (id, org_id, box_id, bytes, tokens, nanos, expires_at_ms)
             values ($1, $2, $3, $4, 0, 0, $5)
             on conflict (id) do update set
                bytes = $4 + case when spend_reservations.expires_at_ms > $6 then spend_reservations.bytes else 0 end,
                org_id = $2, expires_at_ms = $5",
        )
        .bind(key(id))
        .bind(account.terms.org.to_string())
        .bind(id.to_string())
        .bind(bigint(bytes))
        .bind(expiry(now))
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Ok(Some(bytes)))
    }

    /// Gives back what is set aside for a box, all but this many bytes.
    pub async fn give_bytes_back(&self, id: BoxId, kept: u64) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let query = match kept {
            0 => sqlx::query("delete from spend_reservations where id = $1").bind(key(id)),
            _ => sqlx::query("update spend_reservations set bytes = $2 where id = $1 and bytes > $2")
                .bind(key(id))
                .bind(bigint(kept)),
        };
        query.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Gives back what is set aside for every box: whoever could have used it has ended. Says for how many.
    pub async fn give_all_bytes_back(&self) -> Result<u64, Error> {
        let mut tx = self.store.database.write().await?;
        let gone =
            sqlx::query("delete from spend_reservations where id like 'bytes:%'").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(gone.rows_affected())
    }
}
