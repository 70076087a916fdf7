//! Columns and rows of sleep: policies, plans to wake, holds.

use jiff::Timestamp;
use smartbox_core::wake::HoldKind;
use smartbox_core::{BoxId, OrgId, SleepChange, SleepPolicy, Threshold};

use crate::database::Connection;
use crate::event::NewEvent;
use crate::row::{instant, parsed};
use crate::{Error, FleetStore, OrgStore, event};

/// The three columns of a policy.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct PolicyColumns {
    frozen_after_secs: Option<i64>,
    squeezed_after_secs: Option<i64>,
    stopped_after_secs: Option<i64>,
}

impl From<PolicyColumns> for SleepPolicy {
    fn from(columns: PolicyColumns) -> Self {
        Self {
            frozen_after: columns.frozen_after_secs.map(threshold),
            squeezed_after: columns.squeezed_after_secs.map(threshold),
            stopped_after: columns.stopped_after_secs.map(threshold),
        }
    }
}

/// A number that is no threshold any more, because bounds have changed, is the nearest to what was meant.
fn threshold(secs: i64) -> Threshold {
    match u64::try_from(secs) {
        Ok(secs) if secs > 0 => Threshold::After(std::time::Duration::from_secs(secs)),
        _ => Threshold::Never,
    }
}

pub(crate) fn column(threshold: Option<Threshold>) -> Option<i64> {
    threshold.map(|threshold| match threshold {
        Threshold::Never => 0,
        Threshold::After(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
    })
}

/// When a box has to be awake by itself, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// What for, in a few words.
    pub why: String,
}

impl Due {
    /// The earlier of both.
    #[must_use]
    pub fn earlier(one: Option<Self>, another: Option<Self>) -> Option<Self> {
        one.into_iter().chain(another).min_by_key(|due| due.at)
    }
}

/// A reason why no box of an org may wake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WakeHold {
    /// Of which kind.
    pub kind: HoldKind,
    /// In the words of whoever set it.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

#[derive(sqlx::FromRow)]
struct HoldRow {
    kind: String,
    reason: String,
    since_at_ms: i64,
}

impl OrgStore {
    /// What the org has decided about the sleep of its boxes.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn sleep(&self) -> Result<SleepPolicy, Error> {
        sleep_of_org(&mut *self.store.database.read().await?, self.org).await
    }

    /// Changes how the boxes of the org sleep.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn change_sleep(
        &self,
        change: &SleepChange,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<SleepPolicy, Error> {
        let mut tx = self.store.database.write().await?;
        let policy = sleep_of_org(&mut tx, self.org).await?.with(change);
        sqlx::query(
            "update orgs set frozen_after_secs = $2, squeezed_after_secs = $3, stopped_after_secs = $4 where id = $1",
        )
        .bind(self.org.to_string())
        .bind(column(policy.frozen_after))
        .bind(column(policy.squeezed_after))
        .bind(column(policy.stopped_after))
        .execute(&mut *tx)
        .await?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        Ok(policy)
    }

    /// Why no box of this org may wake. Empty: they may.
    pub async fn wake_holds(&self) -> Result<Vec<WakeHold>, Error> {
        holds_of(&mut *self.store.database.read().await?, self.org).await
    }

    /// Keeps every box of this org from waking, for this reason. One of the same kind is replaced.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an org that does not exist.
    pub async fn hold_wakes(
        &self,
        kind: HoldKind,
        reason: &str,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let written = sqlx::query(
            "insert into wake_holds (org_id, kind, reason, since_at_ms)
             select id, $2, $3, $4 from orgs where id = $1
             on conflict (org_id, kind) do update set reason = excluded.reason, by_monitor = false",
        )
        .bind(self.org.to_string())
        .bind(kind.as_str())
        .bind(reason)
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(Error::NotFound("org"));
        }
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a hold away. Says whether there was one.
    pub async fn release_wakes(
        &self,
        kind: HoldKind,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let released = sqlx::query("delete from wake_holds where org_id = $1 and kind = $2")
            .bind(self.org.to_string())
            .bind(kind.as_str())
            .execute(&mut *tx)
            .await?;
        if released.rows_affected() == 0 {
            return Ok(false);
        }
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

async fn sleep_of_org(connection: &mut Connection, org: OrgId) -> Result<SleepPolicy, Error> {
    let columns: Option<PolicyColumns> = sqlx::query_as(
        "select frozen_after_secs, squeezed_after_secs, stopped_after_secs from orgs where id = $1",
    )
    .bind(org.to_string())
    .fetch_optional(connection)
    .await?;
    Ok(columns.ok_or(Error::NotFound("org"))?.into())
}

async fn sleep_of_tier(connection: &mut Connection, tier: &str) -> Result<SleepPolicy, Error> {
    let columns: Option<PolicyColumns> = sqlx::query_as(
        "select frozen_after_secs, squeezed_after_secs, stopped_after_secs from tiers where name = $1",
    )
    .bind(tier)
    .fetch_optional(connection)
    .await?;
    Ok(columns.ok_or(Error::UnknownTier)?.into())
}

async fn holds_of(connection: &mut Connection, org: OrgId) -> Result<Vec<WakeHold>, Error> {
    let rows: Vec<HoldRow> =
        sqlx::query_as("select kind, reason, since_at_ms from wake_holds where org_id = $1 order by kind")
            .bind(org.to_string())
            .fetch_all(connection)
            .await?;
    let hold = |row: HoldRow| {
        Ok(WakeHold { kind: parsed(&row.kind)?, reason: row.reason, since: instant(row.since_at_ms)? })
    };
    rows.into_iter().map(hold).collect()
}

#[derive(sqlx::FromRow)]
struct NamedPolicy {
    name: String,
    #[sqlx(flatten)]
    columns: PolicyColumns,
}

impl FleetStore {
    /// What every org that says something has decided about sleep.
    pub async fn org_sleep_policies(&self) -> Result<Vec<(OrgId, SleepPolicy)>, Error> {
        let rows: Vec<NamedPolicy> = sqlx::query_as(
            "select id as name, frozen_after_secs, squeezed_after_secs, stopped_after_secs from orgs
             where coalesce(frozen_after_secs, squeezed_after_secs, stopped_after_secs) is not null",
        )
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(|row| Ok((parsed(&row.name)?, row.columns.into()))).collect()
    }

    /// What holds for the boxes of each tier, where something does.
    pub async fn tier_sleep_policies(&self) -> Result<Vec<(String, SleepPolicy)>, Error> {
        let rows: Vec<NamedPolicy> = sqlx::query_as(
            "select name, frozen_after_secs, squeezed_after_secs, stopped_after_secs from tiers
             where coalesce(frozen_after_secs, squeezed_after_secs, stopped_after_secs) is not null",
        )
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        Ok(rows.into_iter().map(|row| (row.name, row.columns.into())).collect())
    }

    /// What holds for the boxes of one tier.
    ///
    /// # Errors
    /// [`Error::UnknownTier`].
    pub async fn tier_sleep(&self, tier: &str) -> Result<SleepPolicy, Error> {
        sleep_of_tier(&mut *self.store.database.read().await?, tier).await
    }

    /// Changes how the boxes of a tier sleep.
    ///
    /// # Errors
    /// [`Error::UnknownTier`].
    pub async fn change_tier_sleep(
        &self,
        tier: &str,
        change: &SleepChange,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<SleepPolicy, Error> {
        let mut tx = self.store.database.write().await?;
        let policy = sleep_of_tier(&mut tx, tier).await?.with(change);
        sqlx::query(
            "update tiers set frozen_after_secs = $2, squeezed_after_secs = $3, stopped_after_secs = $4
             where name = $1",
        )
        .bind(tier)
        .bind(column(policy.frozen_after))
        .bind(column(policy.squeezed_after))
        .bind(column(policy.stopped_after))
        .execute(&mut *tx)
        .await?;
        event::append(&mut tx, None, None, &event, now).await?;
        tx.commit().await?;
        Ok(policy)
    }

    /// Writes when a box has to be awake by itself; `None`: no such time is known.
    pub async fn set_due(&self, id: BoxId, due: Option<&Due>) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query("update boxes set due_at_ms = $2, due_why = $3 where id = $1")
            .bind(id.to_string())
            .bind(due.map(|due| due.at.as_millisecond()))
            .bind(due.map(|due| due.why.as_str()))
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}
