//! Timeline and audit in one: who did what, when and why.

use jiff::Timestamp;
use smartbox_core::{BoxId, EventId, OrgId};

use crate::database::Connection;
use crate::row::{instant, parsed};
use crate::{Cursor, Error, Page, page};

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Position on the platform's time line: later events have larger numbers.
    pub seq: i64,
    /// Its identity.
    pub id: EventId,
    /// Whose matter it is; `None` for the platform's own.
    pub org: Option<OrgId>,
    /// About which box.
    pub box_id: Option<BoxId>,
    /// When.
    pub at: Timestamp,
    /// Who: a user's id, `admin`, or the name of a part of the platform.
    pub actor: String,
    /// What, as a stable word such as `box.created`.
    pub action: String,
    /// Why, as a sentence for people.
    pub reason: String,
    /// More facts. Never a secret.
    pub detail: serde_json::Value,
}

/// Something to be put down.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Its identity.
    pub id: EventId,
    /// See [`Event::actor`].
    pub actor: String,
    /// See [`Event::action`].
    pub action: String,
    /// See [`Event::reason`].
    pub reason: String,
    /// See [`Event::detail`].
    pub detail: serde_json::Value,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    seq: i64,
    id: String,
    org_id: Option<String>,
    box_id: Option<String>,
    at_ms: i64,
    actor: String,
    action: String,
    reason: String,
    detail: String,
}

impl TryFrom<EventRow> for Event {
    type Error = Error;

    fn try_from(row: EventRow) -> Result<Self, Error> {
        Ok(Self {
            seq: row.seq,
            id: parsed(&row.id)?,
            org: row.org_id.as_deref().map(parsed).transpose()?,
            box_id: row.box_id.as_deref().map(parsed).transpose()?,
            at: instant(row.at_ms)?,
            actor: row.actor,
            action: row.action,
            reason: row.reason,
            detail: serde_json::from_str(&row.detail).map_err(Error::damaged)?,
        })
    }
}

/// Writes an event in the caller's transaction, so that it stands or falls with what it tells.
pub(crate) async fn append(
    tx: &mut Connection,
    org: Option<OrgId>,
    box_id: Option<BoxId>,
    event: &NewEvent,
    now: Timestamp,
) -> Result<(), Error> {
    // A counter row rather than a sequence: it is without gaps, and in the order of commits.
    let seq: i64 =
        sqlx::query_scalar("update counters set value = value + 1 where name = 'event' returning value")
            .fetch_one(&mut *tx)
            .await?;
    sqlx::query(
        "insert into events (seq, id, org_id, box_id, at_ms, actor, action, reason, detail)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(seq)
    .bind(event.id.to_string())
    .bind(org.map(|id| id.to_string()))
    .bind(box_id.map(|id| id.to_string()))
    .bind(now.as_millisecond())
    .bind(&event.actor)
    .bind(&event.action)
    .bind(&event.reason)
    .bind(event.detail.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// A box's events, newest first.
pub(crate) async fn timeline(
    connection: &mut Connection,
    org: OrgId,
    box_id: BoxId,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Event>, Error> {
    let limit = page::limit(limit);
    let before = cursor.map_or(Ok(i64::MAX), Cursor::key)?;
    let rows: Vec<EventRow> = sqlx::query_as(
        "select seq, id, org_id, box_id, at_ms, actor, action, reason, detail from events
         where org_id = $1 and box_id = $2 and seq < $3 order by seq desc limit $4",
    )
    .bind(org.to_string())
    .bind(box_id.to_string())
    .bind(before)
    .bind(i64::from(limit) + 1)
    .fetch_all(connection)
    .await?;
    let is_last = rows.len() <= limit as usize;
    let items: Vec<Event> =
        rows.into_iter().take(limit as usize).map(Event::try_from).collect::<Result<_, _>>()?;
    let next = if is_last { None } else { items.last().map(|event| Cursor::at(event.seq)) };
    Ok(Page { items, next })
}
