//! What all boxes may reach, and what they have used.

use std::collections::BTreeSet;

use jiff::Timestamp;

use smartbox_core::egress_policy::Rules;

use crate::database::Connection;
use crate::egress::{self, EgressUsage, LayerOf, LayerRow};
use crate::event::{self, NewEvent};
use crate::ledger::roll_up::{self, BESIDE_MAX, Log};
use crate::ledger::{Tell, bytes, standing, warn};
use crate::row::bigint;
use crate::rules::{self, EgressRow};
use crate::{Error, FleetStore};

impl FleetStore {
    /// Every rule of every org and box.
    pub async fn egress_rules_of_all(&self) -> Result<Vec<EgressRow>, Error> {
        rules::all(&mut *self.store.database.read().await?).await
    }

    /// Every rule of the platform and of tiers that is not a setting.
    pub async fn egress_layers(&self) -> Result<Vec<LayerRow>, Error> {
        egress::layers(&mut *self.store.database.read().await?).await
    }

    /// The rules of the platform, or of a tier; `None` where there never were any.
    pub async fn egress_layer(&self, of: &LayerOf) -> Result<Option<LayerRow>, Error> {
        egress::find_layer(&mut *self.store.database.read().await?, of).await
    }

    /// Replaces them and puts the event down, both or neither. The event's actor has changed them.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when `if_version` is not their version any more (0 where there are none).
    pub async fn set_egress_layer(
        &self,
        of: &LayerOf,
        rules: &Rules,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<LayerRow, Error> {
        let mut tx = self.store.database.write().await?;
        let current = egress::find_layer(&mut tx, of).await?.map_or(0, |row| row.version);
        if if_version.is_some_and(|expected| expected != current) {
            return Err(Error::VersionMismatch { current });
        }
        egress::put_layer(&mut tx, of, rules, (current + 1, now, &event.actor)).await?;
        event::append(&mut tx, None, None, &event, now).await?;
        let row = egress::find_layer(&mut tx, of).await?.ok_or(Error::NotFound("tier"))?;
        tx.commit().await?;
        Ok(row)
    }

    /// Appends what boxes have used, sums it up and takes it off what is set aside for them, all of it or nothing; owners are told what was reached of their budgets.
    pub async fn append_egress_usage(
        &self,
        used: &[EgressUsage],
        tell: &Tell<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        append(&mut tx, used, now).await?;
        bytes::take_off(&mut tx, used, now).await?;
        let more = u32::try_from(used.len()).unwrap_or(u32::MAX);
        roll_up::advance(&mut tx, Log::Egress, BESIDE_MAX.saturating_add(more)).await?;
        let boxes: BTreeSet<_> = used.iter().map(|used| used.box_id).collect();
        for id in boxes {
            if let Some(terms) = standing::terms_of_box(&mut tx, id).await? {
                warn::warn(&mut tx, &terms, id, tell, now).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// What a box has used in all: the sum of what was appended.
    pub async fn egress_usage_of(&self, id: smartbox_core::BoxId) -> Result<EgressUsage, Error> {
        let (sent, received, connections, requests): (i64, i64, i64, i64) = sqlx::query_as(
            "select cast(coalesce(sum(sent), 0) as bigint), cast(coalesce(sum(received), 0) as bigint),
                    cast(coalesce(sum(connections), 0) as bigint), cast(coalesce(sum(requests), 0) as bigint)
             from egress_usage where box_id = $1",
        )
        .bind(id.to_string())
        .fetch_one(&mut *self.store.database.read().await?)
        .await?;
        let number = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(EgressUsage {
            box_id: id,
            sent: number(sent),
            received: number(received),
            connections: number(connections),
            requests: number(requests),
        })
    }
}

async fn append(tx: &mut Connection, used: &[EgressUsage], now: Timestamp) -> Result<(), Error> {
    let count = i64::try_from(used.len()).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query_scalar(
        "update counters set value = value + $1 where name = 'egress-usage' returning value",
    )
    .bind(count)
    .fetch_one(&mut *tx)
    .await?;
    for (seq, used) in (last - count + 1..).zip(used) {
        sqlx::query(
            "insert into egress_usage (seq, box_id, org_id, at_ms, sent, received, connections, requests)
             values ($1, $2, (select org_id from boxes where id = $2), $3, $4, $5, $6, $7)",
        )
        .bind(seq)
        .bind(used.box_id.to_string())
        .bind(now.as_millisecond())
        .bind(bigint(used.sent))
        .bind(bigint(used.received))
        .bind(bigint(used.connections))
        .bind(bigint(used.requests))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
