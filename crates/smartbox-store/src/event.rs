//! Timeline and audit in one: who did what, when and why.
//!
//! Each event holds the hash of the one before (`smartbox_core::audit` defines what is hashed), so that none can be
//! changed, left out or slipped in without breaking the chain. It shows tampering with rows; it does not stop somebody who
//! rewrites the whole chain, which is why it can be exported and kept elsewhere.

use aws_lc_rs::digest;
use jiff::Timestamp;
use smartbox_core::audit::{self, Line};
use smartbox_core::{BoxId, EventId, OrgId};

use crate::database::Connection;
use crate::row::{hex, instant, parsed};
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
    /// How it went.
    pub outcome: EventOutcome,
}

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventOutcome {
    /// It was done.
    #[default]
    Ok,
    /// Somebody wanted it and was refused.
    Refused,
}

impl EventOutcome {
    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
        }
    }

    fn from_word(word: &str) -> Result<Self, Error> {
        let known = [Self::Ok, Self::Refused].into_iter().find(|outcome| outcome.as_str() == word);
        known.ok_or_else(|| Error::damaged("an outcome of an event that is none"))
    }
}

/// An event as the audit log has it: every hashed field as it was hashed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditEvent {
    /// See [`Event::seq`].
    pub seq: i64,
    /// See [`Event::id`].
    pub id: String,
    /// See [`Event::org`].
    pub org_id: Option<String>,
    /// See [`Event::box_id`].
    pub box_id: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// See [`Event::actor`].
    pub actor: String,
    /// See [`Event::action`].
    pub action: String,
    /// See [`Event::reason`].
    pub reason: String,
    /// JSON as text.
    pub detail: String,
    /// The client's address.
    pub address: Option<String>,
    /// `ok` or `refused`.
    pub outcome: String,
    /// Hash of the event before.
    pub previous_hash: String,
    /// Hash of this one; empty for what happened before the chain began.
    pub hash: String,
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
    /// See [`AuditEvent::address`].
    pub address: Option<String>,
    /// How it went.
    pub outcome: EventOutcome,
}

#[derive(sqlx::FromRow)]
pub(crate) struct EventRow {
    seq: i64,
    id: String,
    org_id: Option<String>,
    box_id: Option<String>,
    at_ms: i64,
    actor: String,
    action: String,
    reason: String,
    detail: String,
    outcome: String,
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
            outcome: EventOutcome::from_word(&row.outcome)?,
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
    let previous: Option<String> = sqlx::query_scalar("select hash from events where seq = $1")
        .bind(seq - 1)
        .fetch_optional(&mut *tx)
        .await?;
    let line = AuditEvent {
        seq,
        id: event.id.to_string(),
        org_id: org.map(|id| id.to_string()),
        box_id: box_id.map(|id| id.to_string()),
        at_ms: now.as_millisecond(),
        actor: event.actor.clone(),
        action: event.action.clone(),
        reason: event.reason.clone(),
        detail: event.detail.to_string(),
        address: event.address.clone(),
        outcome: event.outcome.as_str().to_owned(),
        previous_hash: previous.unwrap_or_default(),
        hash: String::new(),
    };
    insert(tx, line).await
}

async fn insert(tx: &mut Connection, line: AuditEvent) -> Result<(), Error> {
    let hash = hash(&line);
    sqlx::query(
        "insert into events (seq, id, org_id, box_id, at_ms, actor, action, reason, detail, address, outcome,
                             previous_hash, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(line.seq)
    .bind(line.id)
    .bind(line.org_id)
    .bind(line.box_id)
    .bind(line.at_ms)
    .bind(line.actor)
    .bind(line.action)
    .bind(line.reason)
    .bind(line.detail)
    .bind(line.address)
    .bind(line.outcome)
    .bind(line.previous_hash)
    .bind(hash)
    .execute(tx)
    .await?;
    Ok(())
}

/// What the chain says of an event.
fn hash(event: &AuditEvent) -> String {
    let line = Line {
        seq: event.seq,
        id: &event.id,
        org: event.org_id.as_deref(),
        box_id: event.box_id.as_deref(),
        at_ms: event.at_ms,
        actor: &event.actor,
        action: &event.action,
        reason: &event.reason,
        detail: &event.detail,
        address: event.address.as_deref(),
        outcome: &event.outcome,
    };
    let text = audit::canonical(&event.previous_hash, &line);
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// Events of one org or, without one, of the whole platform, the oldest first.
pub(crate) async fn audit_log(
    connection: &mut Connection,
    org: Option<OrgId>,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<AuditEvent>, Error> {
    let limit = page::limit(limit);
    let after: i64 = cursor.map_or(Ok(0), Cursor::key)?;
    let query = match org {
        Some(_) => sqlx::query_as(
            "select seq, id, org_id, box_id, at_ms, actor, action, reason, detail, address, outcome, previous_hash, hash
             from events where org_id = $1 and seq > $2 order by seq limit $3",
        ),
        None => sqlx::query_as(
            "select seq, id, org_id, box_id, at_ms, actor, action, reason, detail, address, outcome, previous_hash, hash
             from events where $1 is null and seq > $2 order by seq limit $3",
        ),
    };
    let rows: Vec<AuditEvent> = query
        .bind(org.map(|id| id.to_string()))
        .bind(after)
        .bind(i64::from(limit) + 1)
        .fetch_all(connection)
        .await?;
    page::of(rows, limit, |event: &AuditEvent| event.seq)
}

/// The latest position of the whole platform; 0 before anything has happened.
pub(crate) async fn last_seq(connection: &mut Connection) -> Result<i64, Error> {
    let last: Option<i64> = sqlx::query_scalar("select value from counters where name = 'event'")
        .fetch_optional(connection)
        .await?;
    Ok(last.unwrap_or(0))
}

/// Events of the whole platform behind a position, the oldest first, at most `limit`.
pub(crate) async fn since(connection: &mut Connection, seq: i64, limit: u32) -> Result<Vec<Event>, Error> {
    let rows: Vec<EventRow> = sqlx::query_as(
        "select seq, id, org_id, box_id, at_ms, actor, action, reason, detail, outcome from events
         where seq > $1 order by seq limit $2",
    )
    .bind(seq)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Event::try_from).collect()
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
        "select seq, id, org_id, box_id, at_ms, actor, action, reason, detail, outcome from events
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

/// Events of a box that are looked through for its latest of some kind.
const LATEST_SCAN_MAX: i64 = 1_000;

/// A box's latest event that is one of these, among its latest thousand.
pub(crate) async fn latest(
    connection: &mut Connection,
    org: OrgId,
    box_id: BoxId,
    actions: [&str; 3],
) -> Result<Option<Event>, Error> {
    let row: Option<EventRow> = sqlx::query_as(
        "select seq, id, org_id, box_id, at_ms, actor, action, reason, detail, outcome from
             (select seq, id, org_id, box_id, at_ms, actor, action, reason, detail, outcome from events
              where org_id = $1 and box_id = $2 order by seq desc limit $3) as recent
         where action in ($4, $5, $6) order by seq desc limit 1",
    )
    .bind(org.to_string())
    .bind(box_id.to_string())
    .bind(LATEST_SCAN_MAX)
    .bind(actions[0])
    .bind(actions[1])
    .bind(actions[2])
    .fetch_optional(connection)
    .await?;
    row.map(Event::try_from).transpose()
}
