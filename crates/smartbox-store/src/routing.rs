//! Rows of routing flags.

use jiff::Timestamp;
use smartbox_core::routing::{RollbackRule, RouteName, RoutingFlag, Upstream};

use crate::Error;
use crate::database::Connection;
use crate::row::{instant_opt, number, parsed};

/// A routing flag and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingRow {
    /// Where requests go.
    pub flag: RoutingFlag,
    /// When it was last changed; never, if it is as the platform made it.
    pub changed_at: Option<Timestamp>,
    /// Who changed it.
    pub changed_by: Option<String>,
    /// Set while the platform itself has given the candidate up.
    pub rolled_back: Option<RolledBack>,
    /// The settings that were applied last, as one text.
    pub settings: String,
}

/// Why the platform gave a candidate up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolledBack {
    /// When.
    pub at: Timestamp,
    /// With numbers.
    pub reason: String,
}

/// What of a routing flag changes; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutingChange {
    /// See [`RoutingFlag::primary`].
    pub primary: Option<Upstream>,
    /// See [`RoutingFlag::candidate`].
    pub candidate: Option<Upstream>,
    /// See [`RoutingFlag::percentage`].
    pub percentage: Option<u8>,
    /// See [`RollbackRule::at_percent`].
    pub rollback_at: Option<u8>,
    /// See [`RollbackRule::min_requests`].
    pub min_requests: Option<u32>,
    /// See [`RollbackRule::window_secs`].
    pub window_secs: Option<u32>,
    /// The platform gives the candidate up, for this reason. Every other change takes that back.
    pub rolled_back: Option<String>,
    /// See [`RoutingRow::settings`].
    pub settings: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    version: i64,
    primary_upstream: String,
    candidate_upstream: String,
    percentage: i64,
    rollback_at: i64,
    min_requests: i64,
    window_secs: i64,
    changed_at_ms: Option<i64>,
    changed_by: Option<String>,
    rolled_back_at_ms: Option<i64>,
    rolled_back_reason: Option<String>,
    settings: String,
}

impl TryFrom<Row> for RoutingRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let rollback = RollbackRule {
            at_percent: number(row.rollback_at)?,
            min_requests: number(row.min_requests)?,
            window_secs: number(row.window_secs)?,
        };
        let flag = RoutingFlag {
            name: parsed(&row.name)?,
            version: row.version,
            primary: parsed(&row.primary_upstream)?,
            candidate: parsed(&row.candidate_upstream)?,
            percentage: number(row.percentage)?,
            rollback,
        };
        let rolled_back = match (instant_opt(row.rolled_back_at_ms)?, row.rolled_back_reason) {
            (Some(at), Some(reason)) => Some(RolledBack { at, reason }),
            _ => None,
        };
        Ok(Self {
            flag,
            changed_at: instant_opt(row.changed_at_ms)?,
            changed_by: row.changed_by,
            rolled_back,
            settings: row.settings,
        })
    }
}

macro_rules! select_flags {
    ($rest:literal) => {
        concat!(
            "select name, version, primary_upstream, candidate_upstream, percentage, rollback_at, min_requests,
                    window_secs, changed_at_ms, changed_by, rolled_back_at_ms, rolled_back_reason, settings
             from routing_flags ",
            $rest
        )
    };
}

pub(crate) async fn list(connection: &mut Connection) -> Result<Vec<RoutingRow>, Error> {
    let rows: Vec<Row> = sqlx::query_as(select_flags!("order by name")).fetch_all(connection).await?;
    rows.into_iter().map(RoutingRow::try_from).collect()
}

pub(crate) async fn get(connection: &mut Connection, name: RouteName) -> Result<RoutingRow, Error> {
    let row: Option<Row> = sqlx::query_as(select_flags!("where name = $1"))
        .bind(name.as_str())
        .fetch_optional(connection)
        .await?;
    row.ok_or(Error::NotFound("route"))?.try_into()
}

pub(crate) async fn forget_settings(tx: &mut Connection, name: RouteName) -> Result<(), Error> {
    sqlx::query("update routing_flags set settings = '' where name = $1")
        .bind(name.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes a change into the row, whose version goes up by one.
pub(crate) async fn write(
    tx: &mut Connection,
    before: &RoutingFlag,
    change: RoutingChange,
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let rollback = before.rollback;
    sqlx::query(
        "update routing_flags
         set version = version + 1, primary_upstream = $2, candidate_upstream = $3, percentage = $4, rollback_at = $5,
             min_requests = $6, window_secs = $7, changed_at_ms = $8, changed_by = $9, rolled_back_at_ms = $10,
             rolled_back_reason = $11, settings = coalesce($12, settings)
         where name = $1",
    )
    .bind(before.name.as_str())
    .bind(change.primary.as_ref().unwrap_or(&before.primary).to_string())
    .bind(change.candidate.as_ref().unwrap_or(&before.candidate).to_string())
    .bind(i64::from(change.percentage.unwrap_or(before.percentage)))
    .bind(i64::from(change.rollback_at.unwrap_or(rollback.at_percent)))
    .bind(i64::from(change.min_requests.unwrap_or(rollback.min_requests)))
    .bind(i64::from(change.window_secs.unwrap_or(rollback.window_secs)))
    .bind(now.as_millisecond())
    .bind(actor)
    .bind(change.rolled_back.is_some().then(|| now.as_millisecond()))
    .bind(change.rolled_back)
    .bind(change.settings)
    .execute(tx)
    .await?;
    Ok(())
}
