//! From the logs to their sums by day and month. Each row counts once: how far a log is summed up is written in the transaction
//! that sums.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use smartbox_core::OrgId;
use smartbox_core::ledger::{Period, Span, Usage};

use super::sums::{self, Key, SumsRow};
use super::zone;
use crate::database::Connection;
use crate::row::instant;
use crate::{Error, FleetStore};

/// Rows that are summed up beside what somebody appends. There are more only when an older version has appended them.
pub(crate) const BESIDE_MAX: u32 = 1000;

/// One of the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    Egress,
    Model,
    Compute,
}

impl Log {
    pub(crate) const ALL: [Self; 3] = [Self::Egress, Self::Model, Self::Compute];

    /// The counter of rows that are summed up.
    const fn mark(self) -> &'static str {
        match self {
            Self::Egress => "egress-summed",
            Self::Model => "model-summed",
            Self::Compute => "compute-summed",
        }
    }

    /// Its rows behind `$1`, `$2` at most, up to `$3`, of the org `$4` if that is not empty, since `$5`.
    const fn rows(self) -> &'static str {
        // What a log has no column for is 0.
        match self {
            Self::Egress => {
                "select seq, box_id, org_id, at_ms, sent, received, connections, requests, 0 as calls, 0 as input,
                        0 as output, 0 as cache_read, 0 as cache_write, 0 as nanos, 0 as cpu_ms, 0 as memory_mib_s,
                        0 as storage_mib_s, 0 as awake_ms
                 from egress_usage
                 where seq > $1 and seq <= $3 and ($4 = '' or org_id = $4) and at_ms >= $5 order by seq limit $2"
            }
            Self::Model => {
                "select seq, box_id, org_id, at_ms, 0 as sent, 0 as received, 0 as connections, 0 as requests, 1 as calls,
                        input, output, cache_read, cache_write, nanos, 0 as cpu_ms, 0 as memory_mib_s,
                        0 as storage_mib_s, 0 as awake_ms
                 from model_usage
                 where seq > $1 and seq <= $3 and ($4 = '' or org_id = $4) and at_ms >= $5 order by seq limit $2"
            }
            Self::Compute => {
                "select seq, box_id, org_id, at_ms, 0 as sent, 0 as received, 0 as connections, 0 as requests, 0 as calls,
                        0 as input, 0 as output, 0 as cache_read, 0 as cache_write, 0 as nanos, cpu_ms, memory_mib_s,
                        storage_mib_s, awake_ms
                 from compute_usage
                 where seq > $1 and seq <= $3 and ($4 = '' or org_id = $4) and at_ms >= $5 order by seq limit $2"
            }
        }
    }
}

#[derive(sqlx::FromRow)]
struct LogRow {
    seq: i64,
    box_id: String,
    org_id: Option<String>,
    at_ms: i64,
    #[sqlx(flatten)]
    sums: SumsRow,
}

/// Which rows.
struct Rows<'a> {
    after: i64,
    up_to: i64,
    limit: u32,
    org: &'a str,
    since_ms: i64,
}

async fn read(tx: &mut Connection, log: Log, rows: &Rows<'_>) -> Result<Vec<LogRow>, Error> {
    let found = sqlx::query_as(log.rows())
        .bind(rows.after)
        .bind(i64::from(rows.limit))
        .bind(rows.up_to)
        .bind(rows.org)
        .bind(rows.since_ms);
    Ok(found.fetch_all(tx).await?)
}

pub(crate) async fn summed(tx: &mut Connection, log: Log) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("select value from counters where name = $1")
        .bind(log.mark())
        .fetch_one(tx)
        .await?)
}

/// Time zones of orgs that were asked for already.
#[derive(Default)]
struct Zones(HashMap<String, TimeZone>);

impl Zones {
    async fn of(&mut self, tx: &mut Connection, org: &str) -> Result<TimeZone, Error> {
        if let Some(found) = self.0.get(org) {
            return Ok(found.clone());
        }
        let name: Option<String> = sqlx::query_scalar("select time_zone from orgs where id = $1")
            .bind(org)
            .fetch_optional(tx)
            .await?;
        let found = name.map_or(TimeZone::UTC, |name| zone(&name));
        self.0.insert(org.to_owned(), found.clone());
        Ok(found)
    }
}

/// Sums that come together.
#[derive(Default)]
struct Sums(BTreeMap<Key, Usage>);

impl Sums {
    /// Adds a row to box and org, day and month.
    fn take(&mut self, row: &LogRow, zone: &TimeZone) -> Result<(), Error> {
        let (org, at) = (row.org_id.clone().unwrap_or_default(), instant(row.at_ms)?);
        let usage = Usage::from(row.sums);
        for span in Span::ALL {
            let period = Period::of(span, at, zone).to_string();
            // A box whose org was not known any more counts for itself.
            let subjects = [row.box_id.as_str(), ""];
            for subject in subjects.into_iter().take(if org.is_empty() { 1 } else { 2 }) {
                let sum = self.0.entry((org.clone(), subject.to_owned(), period.clone())).or_default();
                *sum = sum.plus(&usage);
            }
        }
        Ok(())
    }

    async fn write(&self, tx: &mut Connection) -> Result<(), Error> {
        for (key, usage) in &self.0 {
            sums::add(tx, key, usage).await?;
        }
        Ok(())
    }
}

/// Sums up what is in a log behind what was summed up, `limit` rows at most. Says how many.
pub(crate) async fn advance(tx: &mut Connection, log: Log, limit: u32) -> Result<usize, Error> {
    let after = summed(tx, log).await?;
    let rows = read(tx, log, &Rows { after, up_to: i64::MAX, limit, org: "", since_ms: i64::MIN }).await?;
    let Some(last) = rows.last().map(|row| row.seq) else { return Ok(0) };
    let (mut sums, mut zones) = (Sums::default(), Zones::default());
    for row in &rows {
        let zone = zones.of(tx, row.org_id.as_deref().unwrap_or_default()).await?;
        sums.take(row, &zone)?;
    }
    sums.write(tx).await?;
    sqlx::query("update counters set value = $2 where name = $1")
        .bind(log.mark())
        .bind(last)
        .execute(tx)
        .await?;
    Ok(rows.len())
}

/// Makes the sums of an org anew, from the month before that of `now` on: its calendar has changed. The logs reach back that far.
/// What was not summed up yet stays for [`advance`].
pub(crate) async fn rebuild(tx: &mut Connection, org: OrgId, now: Timestamp) -> Result<(), Error> {
    let (mut zones, org) = (Zones::default(), org.to_string());
    let zone = zones.of(tx, &org).await?;
    let this = Period::of(Span::Month, now, &zone).begins(&zone);
    let before =
        Period::of(Span::Month, this.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(this), &zone);
    // Days sort behind their month, and later ones behind earlier ones.
    sqlx::query("delete from usage_rollups where org_id = $1 and period >= $2")
        .bind(&org)
        .bind(before.to_string())
        .execute(&mut *tx)
        .await?;
    let mut sums = Sums::default();
    for log in Log::ALL {
        let up_to = summed(tx, log).await?;
        let since_ms = before.begins(&zone).as_millisecond();
        let mut after = 0;
        loop {
            let rows = read(tx, log, &Rows { after, up_to, limit: BESIDE_MAX, org: &org, since_ms }).await?;
            let Some(last) = rows.last() else { break };
            after = last.seq;
            rows.iter().try_for_each(|row| sums.take(row, &zone))?;
        }
    }
    sums.write(tx).await
}

impl FleetStore {
    /// Sums up what an older version has put down, or what came faster than it was summed up; `limit` rows of each log at most.
    /// Says how many there were. What is appended is summed up with it.
    pub async fn roll_up_usage(&self, limit: u32) -> Result<usize, Error> {
        let mut tx = self.store.database.write().await?;
        let mut count = 0;
        for log in Log::ALL {
            count += advance(&mut tx, log, limit).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Makes the sums of an org anew from the logs, from the month before that of `now` on.
    pub async fn rebuild_usage(&self, org: OrgId, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        rebuild(&mut tx, org, now).await?;
        Ok(tx.commit().await?)
    }
}
