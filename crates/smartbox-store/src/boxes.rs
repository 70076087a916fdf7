//! The SQL of boxes that both handles share.

use smartbox_core::{BoxId, OrgId, Tier};

use crate::database::Connection;
use crate::row::{error_from, instant, instant_opt, labels_from, number, observed_from, parsed};
use crate::sleep::{Due, PolicyColumns};
use crate::smartbox::{BoxFilter, Smartbox};
use crate::{Cursor, Error, PAGE_MAX, Page, breaker, page};

/// Most rows that one call looks at for a page: a filter that matches little must not read the whole table.
const SCAN_MAX: usize = 5_000;

#[derive(sqlx::FromRow)]
pub(crate) struct BoxRow {
    id: String,
    org_id: String,
    name: String,
    kind: String,
    tier: String,
    is_default: bool,
    created_at_ms: i64,
    version: i64,
    desired: String,
    generation: i64,
    purge_at_ms: Option<i64>,
    desired_before_delete: Option<String>,
    uid_slot: i64,
    runtime_version: String,
    host_key_public: String,
    observed: String,
    observed_detail: Option<String>,
    observed_exit_code: Option<i64>,
    observed_generation: Option<i64>,
    observed_at_ms: Option<i64>,
    was_seen: bool,
    restarts: i64,
    oom_kills: i64,
    pid: Option<i64>,
    failures: i64,
    retry_at_ms: Option<i64>,
    error_code: Option<String>,
    error_what: Option<String>,
    error_remedy: Option<String>,
    asleep_tier: String,
    idle_since_ms: Option<i64>,
    due_at_ms: Option<i64>,
    due_why: Option<String>,
    schedule_at_ms: Option<i64>,
    schedule_name: Option<String>,
    #[sqlx(flatten)]
    sleep: PolicyColumns,
    breaker: Option<String>,
    is_quiet: bool,
    labels: String,
    upgrade_stage: Option<String>,
    archive_stage: Option<String>,
}

impl TryFrom<BoxRow> for Smartbox {
    type Error = Error;

    fn try_from(row: BoxRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            name: parsed(&row.name)?,
            kind: parsed(&row.kind)?,
            tier: row.tier,
            is_default: row.is_default,
            created_at: instant(row.created_at_ms)?,
            version: row.version,
            desired: parsed(&row.desired)?,
            generation: row.generation,
            purge_at: instant_opt(row.purge_at_ms)?,
            desired_before_delete: row.desired_before_delete.as_deref().map(parsed).transpose()?,
            uid_slot: number(row.uid_slot)?,
            runtime_version: row.runtime_version,
            host_key_public: row.host_key_public,
            observed: observed_from(&row.observed, row.observed_detail.as_deref(), row.observed_exit_code)?,
            observed_generation: row.observed_generation,
            observed_at: instant_opt(row.observed_at_ms)?,
            was_seen: row.was_seen,
            restarts: number(row.restarts)?,
            oom_kills: number(row.oom_kills)?,
            pid: row.pid.map(number).transpose()?,
            failures: number(row.failures)?,
            retry_at: instant_opt(row.retry_at_ms)?,
            last_error: error_from(row.error_code, row.error_what, row.error_remedy)?,
            asleep: parsed(&row.asleep_tier)?,
            idle_since: instant_opt(row.idle_since_ms)?,
            due: Due::earlier(
                due(row.due_at_ms, row.due_why)?,
                due(row.schedule_at_ms, row.schedule_name.map(|name| format!("schedule `{name}`")))?,
            ),
            sleep: row.sleep.into(),
            breaker: breaker::from_column(row.breaker.as_deref())?,
            is_quiet: row.is_quiet,
            labels: labels_from(&row.labels)?,
            upgrade: row.upgrade_stage.as_deref().map(parsed).transpose()?,
            archive: row.archive_stage.as_deref().map(parsed).transpose()?,
        })
    }
}

fn due(at_ms: Option<i64>, why: Option<String>) -> Result<Option<Due>, Error> {
    Ok(instant_opt(at_ms)?.map(|at| Due { at, why: why.unwrap_or_default() }))
}

/// A query for whole rows of boxes, each with its next schedule, its upgrade and how far it is archived. Columns are named, so that a later migration cannot reorder them.
macro_rules! select_boxes {
    ($tail:literal) => {
        concat!(
            "select id, org_id, name, kind, tier, is_default, created_at_ms, version, desired, generation,
                    purge_at_ms, desired_before_delete, uid_slot, runtime_version, host_key_public, observed,
                    observed_detail, observed_exit_code, observed_generation, observed_at_ms, was_seen, restarts,
                    oom_kills, pid, failures, retry_at_ms, error_code, error_what, error_remedy, asleep_tier,
                    idle_since_ms, due_at_ms, due_why, frozen_after_secs, squeezed_after_secs, stopped_after_secs,
                    breaker, is_quiet, labels,
                    (select min(fires_at_ms) from schedules
                     where schedules.box_id = boxes.id and schedules.enabled) as schedule_at_ms,
                    (select schedules.name from schedules
                     where schedules.box_id = boxes.id and schedules.enabled and schedules.fires_at_ms is not null
                     order by schedules.fires_at_ms, schedules.id limit 1) as schedule_name,
                    (select stage from upgrades
                     where upgrades.box_id = boxes.id and upgrades.finished_at_ms is null) as upgrade_stage,
                    (select stage from archives where archives.box_id = boxes.id) as archive_stage
             from boxes ",
            $tail
        )
    };
}
pub(crate) use select_boxes;

/// Finds a box of any org.
pub(crate) async fn find(connection: &mut Connection, id: BoxId) -> Result<Option<Smartbox>, Error> {
    let row: Option<BoxRow> = sqlx::query_as(select_boxes!("where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(Smartbox::try_from).transpose()
}

/// Finds a box of one org.
pub(crate) async fn find_of_org(
    connection: &mut Connection,
    org: OrgId,
    id: BoxId,
) -> Result<Option<Smartbox>, Error> {
    let row: Option<BoxRow> = sqlx::query_as(select_boxes!("where id = $1 and org_id = $2"))
        .bind(id.to_string())
        .bind(org.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(Smartbox::try_from).transpose()
}

/// A page of boxes in the order of their birth, of one org or of all.
///
/// The phase is computed by one pure function that SQL does not know, so the filter looks at whole rows.
pub(crate) async fn list(
    connection: &mut Connection,
    org: Option<OrgId>,
    filter: &BoxFilter,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Smartbox>, Error> {
    let limit = page::limit(limit) as usize;
    let mut after = cursor.map(Cursor::key::<BoxId>).transpose()?;
    let mut items = Vec::new();
    let mut looked_at = 0;
    loop {
        let rows = list_rows(connection, org, filter, after).await?;
        let is_end = rows.len() < PAGE_MAX as usize;
        for row in rows {
            let smartbox = Smartbox::try_from(row)?;
            if filter.shows(&smartbox) {
                if items.len() == limit {
                    return Ok(Page { items, next: after.map(Cursor::at) });
                }
                items.push(smartbox.clone());
            }
            after = Some(smartbox.id);
            looked_at += 1;
        }
        if is_end {
            return Ok(Page { items, next: None });
        }
        if looked_at >= SCAN_MAX {
            return Ok(Page { items, next: after.map(Cursor::at) });
        }
    }
}

async fn list_rows(
    connection: &mut Connection,
    org: Option<OrgId>,
    filter: &BoxFilter,
    after: Option<BoxId>,
) -> Result<Vec<BoxRow>, Error> {
    // Every id is greater than the empty text; every name starts with it.
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let prefix = filter.name_prefix.as_deref().unwrap_or_default();
    let query = match org {
        Some(org) => sqlx::query_as(select_boxes!(
            "where id > $1 and substr(name, 1, length($2)) = $2 and org_id = $4 order by id limit $3"
        ))
        .bind(after)
        .bind(prefix)
        .bind(i64::from(PAGE_MAX))
        .bind(org.to_string()),
        None => sqlx::query_as(select_boxes!(
            "where id > $1 and substr(name, 1, length($2)) = $2 order by id limit $3"
        ))
        .bind(after)
        .bind(prefix)
        .bind(i64::from(PAGE_MAX)),
    };
    Ok(query.fetch_all(connection).await?)
}

#[derive(sqlx::FromRow)]
pub(crate) struct TierRow {
    name: String,
    cpu_millis: i64,
    memory_bytes: i64,
    memory_max_bytes: i64,
    pids_max: i64,
    boxes_max: i64,
}

impl TryFrom<TierRow> for Tier {
    type Error = Error;

    fn try_from(row: TierRow) -> Result<Self, Error> {
        Ok(Self {
            name: row.name,
            cpu_millis: number(row.cpu_millis)?,
            memory_bytes: number(row.memory_bytes)?,
            memory_max_bytes: number(row.memory_max_bytes)?,
            pids_max: number(row.pids_max)?,
            boxes_max: number(row.boxes_max)?,
        })
    }
}

pub(crate) async fn find_tier(connection: &mut Connection, name: &str) -> Result<Option<Tier>, Error> {
    let row: Option<TierRow> = sqlx::query_as(
        "select name, cpu_millis, memory_bytes, memory_max_bytes, pids_max, boxes_max from tiers where name = $1",
    )
    .bind(name)
    .fetch_optional(connection)
    .await?;
    row.map(Tier::try_from).transpose()
}

/// Refuses a tier that does not exist.
pub(crate) async fn require_tier(tx: &mut Connection, tier: &str) -> Result<(), Error> {
    find_tier(tx, tier).await?.map(drop).ok_or(Error::UnknownTier)
}

/// Refuses when every place of the tier belongs to a box that runs or is about to. One that sleeps or is stopped has none.
pub(crate) async fn require_place(tx: &mut Connection, tier: &str) -> Result<(), Error> {
    let Some(tier) = find_tier(tx, tier).await? else { return Err(Error::UnknownTier) };
    let taken: i64 = sqlx::query_scalar("select count(*) from boxes where tier = $1 and desired = 'running'")
        .bind(&tier.name)
        .fetch_one(tx)
        .await?;
    if taken >= i64::from(tier.boxes_max) { Err(Error::TierFull { max: tier.boxes_max }) } else { Ok(()) }
}
