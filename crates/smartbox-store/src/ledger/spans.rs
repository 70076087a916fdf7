//! What was used from one day to another: each day, and each box.

use smartbox_core::ledger::{Period, Usage};
use smartbox_core::{BoxId, OrgId};

use super::sums::{SumsRow, sum_columns, summed_columns};
use crate::row::parsed;
use crate::{Error, FleetStore, OrgStore};

/// Most boxes of one answer: those that cost most.
const BOXES_MAX: i64 = 1000;
/// Most days of all orgs in one answer.
const ROWS_MAX: i64 = 100_000;

/// The first and the last day. Days are those of each org's calendar.
pub type Days = (Period, Period);

/// What an org has used on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayUsage {
    /// Whose.
    pub org: OrgId,
    /// When.
    pub day: Period,
    /// How much.
    pub usage: Usage,
}

/// What a box has used on all of the days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxUsage {
    /// Whose.
    pub org: OrgId,
    /// Which box; it may be gone.
    pub box_id: BoxId,
    /// How much.
    pub usage: Usage,
}

#[derive(sqlx::FromRow)]
struct DayRow {
    org_id: String,
    period: String,
    #[sqlx(flatten)]
    sums: SumsRow,
}

impl TryFrom<DayRow> for DayUsage {
    type Error = Error;

    fn try_from(row: DayRow) -> Result<Self, Error> {
        Ok(Self { org: parsed(&row.org_id)?, day: parsed(&row.period)?, usage: row.sums.into() })
    }
}

#[derive(sqlx::FromRow)]
struct BoxRow {
    org_id: String,
    box_id: String,
    #[sqlx(flatten)]
    sums: SumsRow,
}

impl TryFrom<BoxRow> for BoxUsage {
    type Error = Error;

    fn try_from(row: BoxRow) -> Result<Self, Error> {
        Ok(Self { org: parsed(&row.org_id)?, box_id: parsed(&row.box_id)?, usage: row.sums.into() })
    }
}

impl OrgStore {
    /// What the org, or one of its boxes, has used on each of the days on which something was, the earliest first.
    pub async fn usage_of_days(
        &self,
        box_id: Option<BoxId>,
        (first, last): Days,
    ) -> Result<Vec<DayUsage>, Error> {
        // Months are shorter texts, and no days.
        let rows: Vec<DayRow> = sqlx::query_as(concat!(
            "select org_id, period, ",
            sum_columns!(),
            " from usage_rollups where org_id = $1 and box_id = $2 and period >= $3 and period <= $4
                   and length(period) = 10
             order by period limit $5"
        ))
        .bind(self.org.to_string())
        .bind(box_id.map(|id| id.to_string()).unwrap_or_default())
        .bind(first.to_string())
        .bind(last.to_string())
        .bind(ROWS_MAX)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// What each box of the org has used on all of the days, those that are gone among them; the 1,000 whose models cost most.
    pub async fn usage_of_boxes(&self, (first, last): Days) -> Result<Vec<BoxUsage>, Error> {
        let rows: Vec<BoxRow> = sqlx::query_as(concat!(
            "select org_id, box_id, ",
            summed_columns!(),
            " from usage_rollups where org_id = $1 and box_id <> '' and period >= $2 and period <= $3
                   and length(period) = 10
             group by org_id, box_id order by nanos desc, box_id limit $4"
        ))
        .bind(self.org.to_string())
        .bind(first.to_string())
        .bind(last.to_string())
        .bind(BOXES_MAX)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

impl FleetStore {
    /// What each org has used on each of the days on which it used something, the earliest first.
    pub async fn usage_of_days(&self, (first, last): Days) -> Result<Vec<DayUsage>, Error> {
        let rows: Vec<DayRow> = sqlx::query_as(concat!(
            "select org_id, period, ",
            sum_columns!(),
            " from usage_rollups where box_id = '' and period >= $1 and period <= $2 and length(period) = 10
             order by period, org_id limit $3"
        ))
        .bind(first.to_string())
        .bind(last.to_string())
        .bind(ROWS_MAX)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// What each box of any org has used on all of the days; the 1,000 whose models cost most.
    pub async fn usage_of_boxes(&self, (first, last): Days) -> Result<Vec<BoxUsage>, Error> {
        let rows: Vec<BoxRow> = sqlx::query_as(concat!(
            "select org_id, box_id, ",
            summed_columns!(),
            " from usage_rollups where box_id <> '' and period >= $1 and period <= $2 and length(period) = 10
             group by org_id, box_id order by nanos desc, box_id limit $3"
        ))
        .bind(first.to_string())
        .bind(last.to_string())
        .bind(BOXES_MAX)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}
