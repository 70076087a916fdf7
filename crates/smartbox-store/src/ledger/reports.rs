//! What was used, for people.

use jiff::Timestamp;
use smartbox_core::BoxId;
use smartbox_core::ledger::{Period, Usage};

use super::sums::{SumsRow, sum_columns};
use super::used;
use crate::row::parsed;
use crate::{Error, OrgStore};

/// Most boxes, days or models in one report.
const ROWS_MAX: i64 = 1000;

/// Sums of one box in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// Which box; the whole org without one.
    pub box_id: Option<BoxId>,
    /// When.
    pub period: Period,
    /// How much.
    pub usage: Usage,
}

/// What one model was used for.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ModelSum {
    /// Which.
    pub model: String,
    /// Who serves it.
    pub provider: String,
    /// How often it was called.
    pub calls: i64,
    /// Tokens read, cached ones left out.
    pub input: i64,
    /// Tokens written.
    pub output: i64,
    /// Tokens out of the provider's cache.
    pub cache_read: i64,
    /// Tokens into it.
    pub cache_write: i64,
    /// The price, in nano-dollars.
    pub nanos: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    box_id: String,
    period: String,
    #[sqlx(flatten)]
    sums: SumsRow,
}

impl TryFrom<Row> for UsageRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let box_id = (!row.box_id.is_empty()).then(|| parsed(&row.box_id)).transpose()?;
        Ok(Self { box_id, period: parsed(&row.period)?, usage: row.sums.into() })
    }
}

fn subject(box_id: Option<BoxId>) -> String {
    box_id.map(|id| id.to_string()).unwrap_or_default()
}

impl OrgStore {
    /// What the org, or one of its boxes, has used in a period.
    pub async fn usage(&self, box_id: Option<BoxId>, period: Period) -> Result<Usage, Error> {
        let row: Option<SumsRow> = sqlx::query_as(concat!(
            "select ",
            sum_columns!(),
            " from usage_rollups where org_id = $1 and box_id = $2 and period = $3"
        ))
        .bind(self.org.to_string())
        .bind(subject(box_id))
        .bind(period.to_string())
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        Ok(row.unwrap_or_default().into())
    }

    /// What each box of the org has used in a period, those that are gone among them; the first 1,000 by id.
    pub async fn usage_by_box(&self, period: Period) -> Result<Vec<UsageRow>, Error> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select box_id, period, ",
            sum_columns!(),
            " from usage_rollups where org_id = $1 and box_id <> '' and period = $2 order by box_id limit $3"
        ))
        .bind(self.org.to_string())
        .bind(period.to_string())
        .bind(ROWS_MAX)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// What the org, or one of its boxes, has used on each day of a month on which something was.
    pub async fn usage_by_day(&self, box_id: Option<BoxId>, month: Period) -> Result<Vec<UsageRow>, Error> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select box_id, period, ",
            sum_columns!(),
            " from usage_rollups where org_id = $1 and box_id = $2 and period > $3 and period < $3 || '-99'
             order by period limit $4"
        ))
        .bind(self.org.to_string())
        .bind(subject(box_id))
        .bind(month.to_string())
        .bind(ROWS_MAX)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Which models the org, or one of its boxes, has used since a moment and before another, as far as the log reaches back; the
    /// most expensive first.
    pub async fn usage_by_model(
        &self,
        box_id: Option<BoxId>,
        (since, before): (Timestamp, Timestamp),
    ) -> Result<Vec<ModelSum>, Error> {
        let rows = sqlx::query_as(
            "select model, provider, count(*) as calls, cast(sum(input) as bigint) as input,
                    cast(sum(output) as bigint) as output, cast(sum(cache_read) as bigint) as cache_read,
                    cast(sum(cache_write) as bigint) as cache_write, cast(sum(nanos) as bigint) as nanos
             from model_usage where org_id = $1 and ($2 = '' or box_id = $2) and at_ms >= $3 and at_ms < $4
             group by model, provider order by nanos desc, model limit $5",
        )
        .bind(self.org.to_string())
        .bind(subject(box_id))
        .bind(since.as_millisecond())
        .bind(before.as_millisecond())
        .bind(ROWS_MAX);
        Ok(rows.fetch_all(&mut *self.store.database.read().await?).await?)
    }

    /// What lies on the disks of the org, or of one of its boxes, as measured last.
    pub async fn storage_bytes(&self, box_id: Option<BoxId>) -> Result<u64, Error> {
        let mut connection = self.store.database.read().await?;
        let Some(id) = box_id else { return used::storage_of(&mut connection, self.org).await };
        let bytes: Option<i64> =
            sqlx::query_scalar("select storage_bytes from box_gauges where box_id = $1 and org_id = $2")
                .bind(id.to_string())
                .bind(self.org.to_string())
                .fetch_optional(&mut *connection)
                .await?;
        Ok(bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0))
    }
}
