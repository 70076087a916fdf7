//! Requests that may be repeated without doing their work twice.

use std::time::Duration;

use jiff::Timestamp;

use crate::Error;
use crate::database::Database;
use crate::row::{bigint, hex, number};

/// SHA-256 of a request's body.
pub type BodyHash = [u8; 32];

/// How long the answer to a request is repeated.
pub const IDEMPOTENCY_TTL: Duration = Duration::from_hours(24);

/// How long a request may be under way before another with its key takes over: whoever served it is dead by then.
pub const IN_PROGRESS_MAX: Duration = Duration::from_secs(120);

/// What a key means for the request that brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The first of its kind: do the work, then finish or abandon.
    Fresh,
    /// The work is done: repeat the answer.
    Replay {
        /// HTTP status of the first answer.
        status: u16,
        /// Its body.
        body: String,
    },
    /// The first request is still under way.
    InProgress,
    /// The key was used for something else.
    Mismatch,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    route: String,
    body_hash: String,
    begun_at_ms: i64,
    expires_at_ms: i64,
    status: Option<i64>,
    response_body: Option<String>,
}

/// Claims `key` within `scope`, unless somebody has.
pub(crate) async fn begin(
    database: &Database,
    scope: &str,
    key: &str,
    route: &str,
    body_hash: &BodyHash,
    now: Timestamp,
) -> Result<Claim, Error> {
    let body_hash = hex(body_hash);
    let now_ms = now.as_millisecond();
    let mut tx = database.write().await?;
    let known: Option<KeyRow> = sqlx::query_as(
        "select route, body_hash, begun_at_ms, expires_at_ms, status, response_body from idempotency_keys
         where scope = $1 and key = $2",
    )
    .bind(scope)
    .bind(key)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(claim) = known.map(|row| judge(row, route, &body_hash, now_ms)).transpose()?.flatten() {
        return Ok(claim);
    }
    sqlx::query(
        "insert into idempotency_keys (scope, key, route, body_hash, begun_at_ms, expires_at_ms)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (scope, key) do update set route = excluded.route, body_hash = excluded.body_hash,
                begun_at_ms = excluded.begun_at_ms, expires_at_ms = excluded.expires_at_ms,
                status = null, response_body = null",
    )
    .bind(scope)
    .bind(key)
    .bind(route)
    .bind(body_hash)
    .bind(now_ms)
    .bind(later(now_ms, IDEMPOTENCY_TTL))
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Claim::Fresh)
}

/// What a known key means; `None` when it means nothing any more.
fn judge(row: KeyRow, route: &str, body_hash: &str, now_ms: i64) -> Result<Option<Claim>, Error> {
    if row.expires_at_ms <= now_ms {
        return Ok(None);
    }
    if row.route != route || row.body_hash != body_hash {
        return Ok(Some(Claim::Mismatch));
    }
    match (row.status, row.response_body) {
        (Some(status), Some(body)) => Ok(Some(Claim::Replay { status: number(status)?, body })),
        _ if later(row.begun_at_ms, IN_PROGRESS_MAX) <= now_ms => Ok(None),
        _ => Ok(Some(Claim::InProgress)),
    }
}

/// Keeps the answer, unless another request that took over has given one.
pub(crate) async fn finish(
    database: &Database,
    scope: &str,
    key: &str,
    status: u16,
    body: &str,
) -> Result<(), Error> {
    let mut tx = database.write().await?;
    sqlx::query(
        "update idempotency_keys set status = $3, response_body = $4
         where scope = $1 and key = $2 and status is null",
    )
    .bind(scope)
    .bind(key)
    .bind(i64::from(status))
    .bind(body)
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Frees a key whose request did nothing.
pub(crate) async fn abandon(database: &Database, scope: &str, key: &str) -> Result<(), Error> {
    let mut tx = database.write().await?;
    sqlx::query("delete from idempotency_keys where scope = $1 and key = $2 and status is null")
        .bind(scope)
        .bind(key)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// The instant `by` after `ms`, both in UTC milliseconds.
pub(crate) fn later(ms: i64, by: Duration) -> i64 {
    ms.saturating_add(bigint(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
}
