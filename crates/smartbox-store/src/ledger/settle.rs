//! Putting down what was really spent, in place of what was set aside.

use std::collections::BTreeSet;

use jiff::Timestamp;
use smartbox_core::{BoxId, SpendId};

use super::roll_up::{self, BESIDE_MAX, Log};
use super::standing;
use super::warn::{self, Tell};
use crate::database::Connection;
use crate::row::bigint;
use crate::{Error, FleetStore};

/// Most calls of one transaction: whoever sets aside waits for it, and a large one is as long as many small ones.
const PART_MAX: usize = 8;

/// What a call of a model has used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// The model that answered.
    pub model: String,
    /// Who serves it.
    pub provider: String,
    /// Tokens read, cached ones left out.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Tokens out of the provider's cache.
    pub cache_read: u64,
    /// Tokens into it.
    pub cache_write: u64,
    /// The price, in nano-dollars.
    pub nanos: u64,
}

/// A call that has ended.
#[derive(Clone, Debug)]
pub struct Settled {
    /// What was set aside for it. Settled twice, it counts once.
    pub id: SpendId,
    /// Of which box.
    pub box_id: BoxId,
    /// What it has used.
    pub spent: Spent,
}

/// Gives back what was set aside and appends what was used; `false` when that was done before.
async fn settle_one(tx: &mut Connection, settled: &Settled, now: Timestamp) -> Result<bool, Error> {
    sqlx::query("delete from spend_reservations where id = $1")
        .bind(settled.id.to_string())
        .execute(&mut *tx)
        .await?;
    let spent = &settled.spent;
    if *spent == (Spent { model: spent.model.clone(), provider: spent.provider.clone(), ..Spent::default() })
    {
        // Nothing came of it.
        return Ok(true);
    }
    let written = sqlx::query(
        "insert into model_usage (seq, id, box_id, org_id, at_ms, model, provider, input, output, cache_read, cache_write,
                                  nanos)
         values ((select value + 1 from counters where name = 'model-usage'), $1, $2,
                 (select org_id from boxes where id = $2), $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do nothing",
    )
    .bind(settled.id.to_string())
    .bind(settled.box_id.to_string())
    .bind(now.as_millisecond())
    .bind(&spent.model)
    .bind(&spent.provider)
    .bind(bigint(spent.input))
    .bind(bigint(spent.output))
    .bind(bigint(spent.cache_read))
    .bind(bigint(spent.cache_write))
    .bind(bigint(spent.nanos))
    .execute(&mut *tx)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("update counters set value = value + 1 where name = 'model-usage'").execute(tx).await?;
    Ok(true)
}

impl FleetStore {
    /// Settles calls that have ended: what was set aside is given back, what was used is appended and summed up, and owners are told what
    /// was reached of their budgets. Says for each whether it counts now for the first time.
    ///
    /// Many are settled in parts, between which others have their turn. The last part takes the others to the disk with it, and only
    /// then is anything said. After an error some may have been settled; settled once more they count once.
    pub async fn settle(
        &self,
        settled: &[Settled],
        tell: &Tell<'_>,
        now: Timestamp,
    ) -> Result<Vec<bool>, Error> {
        let mut firsts = Vec::with_capacity(settled.len());
        let mut parts = settled.chunks(PART_MAX).peekable();
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            let database = &self.store.database;
            let mut tx = if is_last { database.write().await? } else { database.write_fleeting().await? };
            settle_part(&mut tx, part, (tell, now), &mut firsts).await?;
            tx.commit().await?;
        }
        Ok(firsts)
    }
}

async fn settle_part(
    tx: &mut Connection,
    part: &[Settled],
    (tell, now): (&Tell<'_>, Timestamp),
    firsts: &mut Vec<bool>,
) -> Result<(), Error> {
    for one in part {
        firsts.push(settle_one(tx, one, now).await?);
    }
    let more = u32::try_from(part.len()).unwrap_or(u32::MAX);
    roll_up::advance(tx, Log::Model, BESIDE_MAX.saturating_add(more)).await?;
    let boxes: BTreeSet<_> = part.iter().map(|one| one.box_id).collect();
    for id in boxes {
        // Of a box that is gone nobody is told.
        if let Some(terms) = standing::terms_of_box(tx, id).await? {
            warn::warn(tx, &terms, id, tell, now).await?;
        }
    }
    Ok(())
}
