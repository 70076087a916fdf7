//! What boxes and orgs may spend.

use jiff::Timestamp;
use smartbox_core::ledger::{Budget, Caps};
use smartbox_core::{BoxId, OrgId};

use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::row::{bigint, instant, parsed};
use crate::rules::subject;
use crate::{Error, OrgStore, boxes};

/// A budget as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetRow {
    /// Of which box; of the org without one.
    pub box_id: Option<BoxId>,
    /// What it says.
    pub budget: Budget,
    /// Raised by every change.
    pub version: i64,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// By whom.
    pub changed_by: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    box_id: Option<String>,
    day_bytes: Option<i64>,
    day_tokens: Option<i64>,
    day_nanos: Option<i64>,
    month_bytes: Option<i64>,
    month_tokens: Option<i64>,
    month_nanos: Option<i64>,
    version: i64,
    changed_at_ms: i64,
    changed_by: String,
}

impl TryFrom<Row> for BudgetRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let cap = |value: Option<i64>| value.map(|value| u64::try_from(value).unwrap_or(0));
        let caps = |bytes, tokens, nanos| Caps { bytes: cap(bytes), tokens: cap(tokens), nanos: cap(nanos) };
        Ok(Self {
            box_id: row.box_id.as_deref().map(parsed).transpose()?,
            budget: Budget {
                day: caps(row.day_bytes, row.day_tokens, row.day_nanos),
                month: caps(row.month_bytes, row.month_tokens, row.month_nanos),
            },
            version: row.version,
            changed_at: instant(row.changed_at_ms)?,
            changed_by: row.changed_by,
        })
    }
}

/// Selects [`Row`]s.
macro_rules! select_budgets {
    ($rest:literal) => {
        concat!(
            "select box_id, day_bytes, day_tokens, day_nanos, month_bytes, month_tokens, month_nanos, version, ",
            "changed_at_ms, changed_by from budgets ",
            $rest
        )
    };
}

async fn find(
    connection: &mut Connection,
    org: OrgId,
    box_id: Option<BoxId>,
) -> Result<Option<BudgetRow>, Error> {
    let row: Option<Row> = sqlx::query_as(select_budgets!("where subject = $1 and org_id = $2"))
        .bind(subject(org, box_id))
        .bind(org.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(TryInto::try_into).transpose()
}

/// The budgets of an org and of one of its boxes.
pub(crate) async fn both(
    connection: &mut Connection,
    org: OrgId,
    box_id: BoxId,
) -> Result<(Budget, Budget), Error> {
    let rows: Vec<Row> = sqlx::query_as(select_budgets!("where subject in ($1, $2)"))
        .bind(org.to_string())
        .bind(box_id.to_string())
        .fetch_all(connection)
        .await?;
    let (mut of_org, mut of_box) = (Budget::default(), Budget::default());
    for row in rows {
        let row = BudgetRow::try_from(row)?;
        *(if row.box_id.is_some() { &mut of_box } else { &mut of_org }) = row.budget;
    }
    Ok((of_org, of_box))
}

/// Every budget of an org and of its boxes.
pub(crate) async fn all_of(connection: &mut Connection, org: OrgId) -> Result<Vec<BudgetRow>, Error> {
    let rows: Vec<Row> = sqlx::query_as(select_budgets!("where org_id = $1"))
        .bind(org.to_string())
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

impl OrgStore {
    /// The budget of the org, or of one of its boxes; `None` where there never was one.
    pub async fn budget(&self, box_id: Option<BoxId>) -> Result<Option<BudgetRow>, Error> {
        find(&mut *self.store.database.read().await?, self.org, box_id).await
    }

    /// Replaces a budget and puts the event down, both or neither. It counts at once, for what was spent already as well.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] (0 where there is none yet); [`Error::NotFound`] for a box of another org.
    pub async fn set_budget(
        &self,
        box_id: Option<BoxId>,
        budget: &Budget,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<BudgetRow, Error> {
        let mut tx = self.store.database.write().await?;
        if let Some(id) = box_id {
            let found = boxes::find_of_org(&mut tx, self.org, id).await?;
            found.ok_or(Error::NotFound("box"))?;
        }
        let current = find(&mut tx, self.org, box_id).await?.map_or(0, |row| row.version);
        if if_version.is_some_and(|expected| expected != current) {
            return Err(Error::VersionMismatch { current });
        }
        let mut query = sqlx::query(
            "insert into budgets (subject, org_id, box_id, version, changed_at_ms, changed_by, day_bytes, day_tokens,
                    day_nanos, month_bytes, month_tokens, month_nanos)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             on conflict (subject) do update set version = $4, changed_at_ms = $5, changed_by = $6, day_bytes = $7,
                    day_tokens = $8, day_nanos = $9, month_bytes = $10, month_tokens = $11, month_nanos = $12",
        )
        .bind(subject(self.org, box_id))
        .bind(self.org.to_string())
        .bind(box_id.map(|id| id.to_string()))
        .bind(current + 1)
        .bind(now.as_millisecond())
        .bind(&event.actor);
        for caps in [budget.day, budget.month] {
            query =
                query.bind(caps.bytes.map(bigint)).bind(caps.tokens.map(bigint)).bind(caps.nanos.map(bigint));
        }
        query.execute(&mut *tx).await?;
        // Of the new limit nobody was told yet.
        sqlx::query("delete from budget_warnings where subject = $1")
            .bind(subject(self.org, box_id))
            .execute(&mut *tx)
            .await?;
        event::append(&mut tx, Some(self.org), box_id, &event, now).await?;
        let row = find(&mut tx, self.org, box_id).await?.ok_or(Error::NotFound("budget"))?;
        tx.commit().await?;
        Ok(row)
    }
}
