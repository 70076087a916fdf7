//! Rows of rollouts: upgrades of many boxes, in waves.

use jiff::Timestamp;
use smartbox_core::rollout::{BoxProgress, RolloutEnd};
use smartbox_core::{BoxId, OperationId, OrgId, RolloutId};

use crate::Error;
use crate::database::Connection;
use crate::row::{instant, instant_opt, number, parsed};

/// Most boxes of one rollout.
pub const ROLLOUT_BOXES_MAX: usize = 5_000;
/// Most rollouts that a list shows.
pub(crate) const ROLLOUTS_SHOWN: i64 = 50;

/// An upgrade of many boxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// Its identity.
    pub id: RolloutId,
    /// Whose boxes; `None`: those of every org.
    pub org: Option<OrgId>,
    /// The version that they are to have.
    pub to: String,
    /// Boxes at the same time.
    pub wave: u32,
    /// Failures after which no further wave begins.
    pub stop_after: u32,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ended, and how.
    pub ended: Option<(Timestamp, RolloutEnd)>,
}

/// How it goes with one of its boxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutBox {
    /// Which box.
    pub box_id: BoxId,
    /// Its name when the rollout began.
    pub name: String,
    /// How it goes.
    pub progress: BoxProgress,
    /// The operation that upgrades it.
    pub operation: Option<OperationId>,
    /// Why it failed or was skipped.
    pub what: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct RolloutRow {
    id: String,
    org_id: Option<String>,
    to_version: String,
    wave: i64,
    stop_after: i64,
    asked_by: String,
    created_at_ms: i64,
    finished_at_ms: Option<i64>,
    outcome: Option<String>,
}

impl TryFrom<RolloutRow> for Rollout {
    type Error = Error;

    fn try_from(row: RolloutRow) -> Result<Self, Error> {
        let ended = match (instant_opt(row.finished_at_ms)?, row.outcome.as_deref()) {
            (Some(at), Some(outcome)) => Some((at, parsed(outcome)?)),
            (None, None) => None,
            _ => return Err(Error::damaged("a rollout that ended in part")),
        };
        Ok(Self {
            id: parsed(&row.id)?,
            org: row.org_id.as_deref().map(parsed).transpose()?,
            to: row.to_version,
            wave: number(row.wave)?,
            stop_after: number(row.stop_after)?,
            asked_by: row.asked_by,
            created_at: instant(row.created_at_ms)?,
            ended,
        })
    }
}

macro_rules! select_rollouts {
    ($tail:literal) => {
        concat!(
            "select id, org_id, to_version, wave, stop_after, asked_by, created_at_ms, finished_at_ms, outcome
             from rollouts ",
            $tail
        )
    };
}
pub(crate) use select_rollouts;

#[derive(sqlx::FromRow)]
struct BoxRow {
    box_id: String,
    name: String,
    state: String,
    operation_id: Option<String>,
    what: Option<String>,
}

/// The boxes of a rollout, in the order of their turns.
pub(crate) async fn boxes_of(connection: &mut Connection, id: RolloutId) -> Result<Vec<RolloutBox>, Error> {
    let rows: Vec<BoxRow> = sqlx::query_as(
        "select box_id, name, state, operation_id, what from rollout_boxes where rollout_id = $1 order by box_id",
    )
    .bind(id.to_string())
    .fetch_all(connection)
    .await?;
    let read = |row: BoxRow| {
        Ok(RolloutBox {
            box_id: parsed(&row.box_id)?,
            name: row.name,
            progress: parsed(&row.state)?,
            operation: row.operation_id.as_deref().map(parsed).transpose()?,
            what: row.what,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Ends a rollout that is under way. Says whether it was.
pub(crate) async fn end(
    tx: &mut Connection,
    id: RolloutId,
    how: RolloutEnd,
    now: Timestamp,
) -> Result<bool, Error> {
    let ended = sqlx::query(
        "update rollouts set finished_at_ms = $2, outcome = $3 where id = $1 and finished_at_ms is null",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .bind(how.as_str())
    .execute(tx)
    .await?;
    Ok(ended.rows_affected() > 0)
}
