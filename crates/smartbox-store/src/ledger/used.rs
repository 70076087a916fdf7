//! What orgs and boxes have used in the periods that are under way.

use std::collections::HashMap;

use jiff::Timestamp;
use smartbox_core::ledger::{Amounts, Span, Usage};
use smartbox_core::{BoxId, OrgId};

use super::standing::Terms;
use super::sums::{SumsRow, sum_columns};
use crate::Error;
use crate::database::Connection;

/// What was used in the day and the month that are under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) day: Amounts,
    pub(crate) month: Amounts,
}

impl Used {
    pub(crate) const fn of(&self, span: Span) -> &Amounts {
        match span {
            Span::Day => &self.day,
            Span::Month => &self.month,
        }
    }
}

/// What all boxes of an org have on their disks, as measured last.
pub(crate) async fn storage_of(connection: &mut Connection, org: OrgId) -> Result<u64, Error> {
    let bytes: i64 = sqlx::query_scalar(
        "select cast(coalesce(sum(storage_bytes), 0) as bigint) from box_gauges where org_id = $1",
    )
    .bind(org.to_string())
    .fetch_one(connection)
    .await?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

#[derive(sqlx::FromRow)]
pub(super) struct UsedRow {
    box_id: String,
    period: String,
    #[sqlx(flatten)]
    sums: SumsRow,
}

/// What lies on disks is no sum, and is added by whoever needs it.
pub(super) fn take(used: &mut HashMap<String, Used>, rows: Vec<UsedRow>) {
    for row in rows {
        let amounts = Usage::from(row.sums).amounts(0);
        let entry = used.entry(row.box_id).or_default();
        *(if row.period.len() == 7 { &mut entry.month } else { &mut entry.day }) = amounts;
    }
}

/// What the org (under the empty key) and one of its boxes have used.
pub(crate) async fn used_of(
    connection: &mut Connection,
    terms: &Terms,
    id: BoxId,
    now: Timestamp,
) -> Result<(Used, Used), Error> {
    let [day, month] = terms.periods(now);
    let rows: Vec<UsedRow> = sqlx::query_as(concat!(
        "select box_id, period, ",
        sum_columns!(),
        " from usage_rollups where org_id = $1 and box_id in ('', $2) and period in ($3, $4)"
    ))
    .bind(terms.org.to_string())
    .bind(id.to_string())
    .bind(day.to_string())
    .bind(month.to_string())
    .fetch_all(&mut *connection)
    .await?;
    let mut used = HashMap::new();
    take(&mut used, rows);
    let mut of_org = used.remove("").unwrap_or_default();
    if terms.plan().limits.storage_bytes.is_some() {
        of_org.month.storage_bytes = storage_of(connection, terms.org).await?;
    }
    Ok((of_org, used.remove(&id.to_string()).unwrap_or_default()))
}
