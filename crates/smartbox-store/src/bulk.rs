//! Rows of what is done with many boxes.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::bulk::{BulkAction, BulkEnd, BulkProgress, BulkTerms};
use smartbox_core::{BoxId, BulkId, OperationId, OrgId};

use crate::Error;
use crate::database::Connection;
use crate::row::{bigint, instant, instant_opt, number, parsed};
use crate::sealing::{Place, Sealed, Sealer};

/// Most boxes of one run.
pub const BULK_BOXES_MAX: usize = 5_000;
/// Most runs that a list shows.
pub(crate) const RUNS_SHOWN: i64 = 50;

/// One thing that is done with many boxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkRun {
    /// Its identity.
    pub id: BulkId,
    /// Whose boxes; `None`: those of every org.
    pub org: Option<OrgId>,
    /// What is done.
    pub action: BulkAction,
    /// How.
    pub terms: BulkTerms,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When the last box was begun.
    pub last_begun: Option<Timestamp>,
    /// When it ended, and how.
    pub ended: Option<(Timestamp, BulkEnd)>,
}

/// How it goes with one of its boxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkBox {
    /// Which box.
    pub box_id: BoxId,
    /// Its name when the run began.
    pub name: String,
    /// How it goes.
    pub progress: BulkProgress,
    /// The operation, from before it is begun.
    pub operation: Option<OperationId>,
    /// When it was begun.
    pub begun_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// Why it failed or was skipped, or what else is to be said.
    pub what: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct BulkRow {
    id: String,
    org_id: Option<String>,
    action: String,
    delay_ms: i64,
    stop_after: i64,
    canary: i64,
    asked_by: String,
    created_at_ms: i64,
    last_begun_at_ms: Option<i64>,
    finished_at_ms: Option<i64>,
    outcome: Option<String>,
}

impl TryFrom<BulkRow> for BulkRun {
    type Error = Error;

    fn try_from(row: BulkRow) -> Result<Self, Error> {
        let ended = match (instant_opt(row.finished_at_ms)?, row.outcome.as_deref()) {
            (Some(at), Some(outcome)) => Some((at, parsed(outcome)?)),
            (None, None) => None,
            _ => return Err(Error::damaged("a bulk run that ended in part")),
        };
        Ok(Self {
            id: parsed(&row.id)?,
            org: row.org_id.as_deref().map(parsed).transpose()?,
            action: parsed(&row.action)?,
            terms: BulkTerms {
                delay: Duration::from_millis(number(row.delay_ms)?),
                stop_after: number(row.stop_after)?,
                canary: number(row.canary)?,
            },
            asked_by: row.asked_by,
            created_at: instant(row.created_at_ms)?,
            last_begun: instant_opt(row.last_begun_at_ms)?,
            ended,
        })
    }
}

macro_rules! select_runs {
    ($tail:literal) => {
        concat!(
            "select id, org_id, action, delay_ms, stop_after, canary, asked_by, created_at_ms, last_begun_at_ms,
                    finished_at_ms, outcome from bulk_runs ",
            $tail
        )
    };
}
pub(crate) use select_runs;

#[derive(sqlx::FromRow)]
struct BoxRow {
    box_id: String,
    name: String,
    state: String,
    operation_id: Option<String>,
    begun_at_ms: Option<i64>,
    finished_at_ms: Option<i64>,
    what: Option<String>,
}

/// The boxes of a run, in the order of their turns.
pub(crate) async fn boxes_of(connection: &mut Connection, id: BulkId) -> Result<Vec<BulkBox>, Error> {
    let rows: Vec<BoxRow> = sqlx::query_as(
        "select box_id, name, state, operation_id, begun_at_ms, finished_at_ms, what from bulk_boxes
         where bulk_id = $1 order by turn",
    )
    .bind(id.to_string())
    .fetch_all(connection)
    .await?;
    let read = |row: BoxRow| {
        Ok(BulkBox {
            box_id: parsed(&row.box_id)?,
            name: row.name,
            progress: parsed(&row.state)?,
            operation: row.operation_id.as_deref().map(parsed).transpose()?,
            begun_at: instant_opt(row.begun_at_ms)?,
            finished_at: instant_opt(row.finished_at_ms)?,
            what: row.what,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Where what is done belongs. Moved to another run it cannot be opened.
pub(crate) fn place<'a>(id: &'a str, name: &'a str) -> Place<'a> {
    Place { table: "bulk_runs", row: id, name }
}

/// The name of the one text of a run.
pub(crate) const TEXT: &str = "patch";

pub(crate) async fn insert(
    tx: &mut Connection,
    sealer: &Sealer,
    new: &BulkRun,
    text: Option<&SecretString>,
    boxes: &[(BoxId, String)],
) -> Result<(), Error> {
    let id = new.id.to_string();
    let sealed = text.map(|text| sealer.seal(place(&id, TEXT), text)).transpose()?;
    let (key_id, nonce, ciphertext) = match sealed {
        Some(Sealed { key_id, nonce, ciphertext }) => (Some(key_id), Some(nonce), Some(ciphertext)),
        None => (None, None, None),
    };
    sqlx::query(
        "insert into bulk_runs (id, org_id, action, key_id, nonce, ciphertext, delay_ms, stop_after, canary, asked_by,
                                created_at_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&id)
    .bind(new.org.map(|org| org.to_string()))
    .bind(new.action.as_str())
    .bind(key_id)
    .bind(nonce)
    .bind(ciphertext)
    .bind(bigint(u64::try_from(new.terms.delay.as_millis()).unwrap_or(u64::MAX)))
    .bind(bigint(new.terms.stop_after as u64))
    .bind(bigint(new.terms.canary as u64))
    .bind(&new.asked_by)
    .bind(new.created_at.as_millisecond())
    .execute(&mut *tx)
    .await?;
    for (turn, (box_id, name)) in boxes.iter().enumerate() {
        sqlx::query(
            "insert into bulk_boxes (bulk_id, box_id, turn, name, state) values ($1, $2, $3, $4, $5)",
        )
        .bind(&id)
        .bind(box_id.to_string())
        .bind(bigint(turn as u64))
        .bind(name)
        .bind(BulkProgress::Waiting.as_str())
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Ends a run that is under way, and forgets what it did with the boxes. Says whether it was.
pub(crate) async fn end(
    tx: &mut Connection,
    id: BulkId,
    how: BulkEnd,
    now: Timestamp,
) -> Result<bool, Error> {
    let ended = sqlx::query(
        "update bulk_runs set finished_at_ms = $2, outcome = $3, key_id = null, nonce = null, ciphertext = null
         where id = $1 and finished_at_ms is null",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .bind(how.as_str())
    .execute(tx)
    .await?;
    Ok(ended.rows_affected() > 0)
}
