//! Plans.

use jiff::Timestamp;
use smartbox_core::ledger::{Each, Limits, Measure, PlanTerms, Rates};

use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::row::{bigint, instant};
use crate::{Error, FleetStore};

/// Most plans.
const PLANS_MAX: u32 = 100;

/// A plan as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// Unique, and never changed.
    pub name: String,
    /// Whether orgs have it about which nothing was decided. One plan is.
    pub is_default: bool,
    /// What it says.
    pub terms: PlanTerms,
    /// Raised by every change.
    pub version: i64,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// By whom.
    pub changed_by: String,
}

/// A plan to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlan {
    /// See [`PlanRow::name`].
    pub name: String,
    /// Becomes the default; the one that was is none any more.
    pub is_default: bool,
    /// See [`PlanRow::terms`].
    pub terms: PlanTerms,
}

/// Columns of [`PlanColumns`], of the alias `p`.
macro_rules! plan_columns {
    () => {
        "p.name, p.is_default, p.boxes_max, p.bytes_max, p.tokens_max, p.nanos_max, p.cpu_ms_max, p.memory_mib_s_max, p.storage_bytes_max, p.bytes_rate, p.tokens_rate, p.nanos_rate, p.cpu_ms_rate, p.memory_mib_s_rate, p.storage_bytes_rate, p.overage_is_free, p.version, p.changed_at_ms, p.changed_by"
    };
}
pub(crate) use plan_columns;

#[derive(sqlx::FromRow)]
pub(crate) struct PlanColumns {
    name: String,
    is_default: bool,
    boxes_max: Option<i64>,
    bytes_max: Option<i64>,
    tokens_max: Option<i64>,
    nanos_max: Option<i64>,
    cpu_ms_max: Option<i64>,
    memory_mib_s_max: Option<i64>,
    storage_bytes_max: Option<i64>,
    bytes_rate: i64,
    tokens_rate: i64,
    nanos_rate: i64,
    cpu_ms_rate: i64,
    memory_mib_s_rate: i64,
    storage_bytes_rate: i64,
    overage_is_free: bool,
    version: i64,
    changed_at_ms: i64,
    changed_by: String,
}

impl TryFrom<PlanColumns> for PlanRow {
    type Error = Error;

    fn try_from(row: PlanColumns) -> Result<Self, Error> {
        let most = |value: Option<i64>| value.map(|value| u64::try_from(value).unwrap_or(0));
        let rate = |value: i64| u64::try_from(value).unwrap_or(0);
        let limits: Limits = Each {
            bytes: most(row.bytes_max),
            tokens: most(row.tokens_max),
            nanos: most(row.nanos_max),
            cpu_ms: most(row.cpu_ms_max),
            memory_mib_s: most(row.memory_mib_s_max),
            storage_bytes: most(row.storage_bytes_max),
        };
        let rates: Rates = Each {
            bytes: rate(row.bytes_rate),
            tokens: rate(row.tokens_rate),
            nanos: rate(row.nanos_rate),
            cpu_ms: rate(row.cpu_ms_rate),
            memory_mib_s: rate(row.memory_mib_s_rate),
            storage_bytes: rate(row.storage_bytes_rate),
        };
        let boxes_max = row.boxes_max.map(|max| u32::try_from(max).unwrap_or(0));
        Ok(Self {
            name: row.name,
            is_default: row.is_default,
            terms: PlanTerms { boxes_max, limits, rates, overage_is_free: row.overage_is_free },
            version: row.version,
            changed_at: instant(row.changed_at_ms)?,
            changed_by: row.changed_by,
        })
    }
}

pub(crate) async fn find(connection: &mut Connection, name: &str) -> Result<Option<PlanRow>, Error> {
    let row: Option<PlanColumns> =
        sqlx::query_as(concat!("select ", plan_columns!(), " from plans p where p.name = $1"))
            .bind(name)
            .fetch_optional(connection)
            .await?;
    row.map(TryInto::try_into).transpose()
}

async fn write(tx: &mut Connection, plan: &NewPlan, actor: &str, now: Timestamp) -> Result<(), Error> {
    if plan.is_default {
        sqlx::query("update plans set is_default = false where is_default and name <> $1")
            .bind(&plan.name)
            .execute(&mut *tx)
            .await?;
    }
    let mut query = sqlx::query(
        "insert into plans (name, is_default, overage_is_free, boxes_max, version, changed_at_ms, changed_by,
                bytes_max, tokens_max, nanos_max, cpu_ms_max, memory_mib_s_max, storage_bytes_max,
                bytes_rate, tokens_rate, nanos_rate, cpu_ms_rate, memory_mib_s_rate, storage_bytes_rate)
         values ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         on conflict (name) do update set is_default = $2, overage_is_free = $3, boxes_max = $4,
                version = plans.version + 1, changed_at_ms = $5, changed_by = $6, bytes_max = $7, tokens_max = $8,
                nanos_max = $9, cpu_ms_max = $10, memory_mib_s_max = $11, storage_bytes_max = $12, bytes_rate = $13,
                tokens_rate = $14, nanos_rate = $15, cpu_ms_rate = $16, memory_mib_s_rate = $17, storage_bytes_rate = $18",
    )
    .bind(&plan.name)
    .bind(plan.is_default)
    .bind(plan.terms.overage_is_free)
    .bind(plan.terms.boxes_max.map(i64::from))
    .bind(now.as_millisecond())
    .bind(actor);
    for measure in Measure::ALL {
        query = query.bind(plan.terms.limits.get(measure).map(bigint));
    }
    for measure in Measure::ALL {
        query = query.bind(bigint(plan.terms.rates.get(measure)));
    }
    query.execute(tx).await?;
    Ok(())
}

impl FleetStore {
    /// Every plan, by name.
    pub async fn plans(&self) -> Result<Vec<PlanRow>, Error> {
        let rows: Vec<PlanColumns> =
            sqlx::query_as(concat!("select ", plan_columns!(), " from plans p order by p.name"))
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// A plan by its name.
    pub async fn plan(&self, name: &str) -> Result<Option<PlanRow>, Error> {
        find(&mut *self.store.database.read().await?, name).await
    }

    /// Makes a plan, with the event that tells of it.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::TooMany`].
    pub async fn create_plan(
        &self,
        plan: &NewPlan,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<PlanRow, Error> {
        let mut tx = self.store.database.write().await?;
        if find(&mut tx, &plan.name).await?.is_some() {
            return Err(Error::NameTaken);
        }
        let count: i64 = sqlx::query_scalar("select count(*) from plans").fetch_one(&mut *tx).await?;
        if count >= i64::from(PLANS_MAX) {
            return Err(Error::TooMany { what: "plans", max: PLANS_MAX });
        }
        self.write_plan(tx, plan, event, now).await
    }

    /// Changes a plan. It counts at once, for what was used already as well.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::VersionMismatch`], [`Error::InUse`] when the default would be none any more.
    pub async fn change_plan(
        &self,
        plan: &NewPlan,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<PlanRow, Error> {
        let mut tx = self.store.database.write().await?;
        let before = find(&mut tx, &plan.name).await?.ok_or(Error::NotFound("plan"))?;
        if if_version.is_some_and(|expected| expected != before.version) {
            return Err(Error::VersionMismatch { current: before.version });
        }
        if before.is_default && !plan.is_default {
            return Err(Error::InUse("the default plan"));
        }
        self.write_plan(tx, plan, event, now).await
    }

    async fn write_plan(
        &self,
        mut tx: crate::database::Tx,
        plan: &NewPlan,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<PlanRow, Error> {
        write(&mut tx, plan, &event.actor, now).await?;
        event::append(&mut tx, None, None, &event, now).await?;
        let row = find(&mut tx, &plan.name).await?.ok_or(Error::NotFound("plan"))?;
        tx.commit().await?;
        Ok(row)
    }

    /// Removes a plan that nobody has.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::InUse`].
    pub async fn remove_plan(&self, name: &str, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let plan = find(&mut tx, name).await?.ok_or(Error::NotFound("plan"))?;
        let is_used: bool = sqlx::query_scalar("select count(*) > 0 from orgs where plan = $1")
            .bind(name)
            .fetch_one(&mut *tx)
            .await?;
        if plan.is_default || is_used {
            return Err(Error::InUse(if is_used { "a plan of some org" } else { "the default plan" }));
        }
        sqlx::query("delete from plans where name = $1").bind(name).execute(&mut *tx).await?;
        event::append(&mut tx, None, None, &event, now).await?;
        Ok(tx.commit().await?)
    }
}
