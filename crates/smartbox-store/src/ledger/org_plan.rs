//! Which plan an org has.

use jiff::Timestamp;
use smartbox_core::OrgId;

use super::{plans, roll_up};
use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::row::bigint;
use crate::{Error, OrgStore};

/// What was decided about an org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgPlan {
    /// Its plan; the default one if `None`.
    pub plan: Option<String>,
    /// Where its days and months begin: a name of the IANA database.
    pub time_zone: String,
    /// What it pays at most for overage in a month, in nano-dollars.
    pub overage_nanos: u64,
}

impl OrgStore {
    /// Which plan and calendar the org has.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn org_plan(&self) -> Result<OrgPlan, Error> {
        let row: Option<(Option<String>, String, i64)> =
            sqlx::query_as("select plan, time_zone, overage_nanos_max from orgs where id = $1")
                .bind(self.org.to_string())
                .fetch_optional(&mut *self.store.database.read().await?)
                .await?;
        let (plan, time_zone, overage) = row.ok_or(Error::NotFound("org"))?;
        Ok(OrgPlan { plan, time_zone, overage_nanos: u64::try_from(overage).unwrap_or(0) })
    }

    /// Changes plan, calendar and budget for overage. Where the calendar changes, the sums of this month and the last are made anew.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an org or plan that does not exist.
    pub async fn set_org_plan(&self, new: &OrgPlan, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        if let Some(name) = &new.plan {
            plans::find(&mut tx, name).await?.ok_or(Error::NotFound("plan"))?;
        }
        let before: Option<String> = sqlx::query_scalar("select time_zone from orgs where id = $1")
            .bind(self.org.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        let before = before.ok_or(Error::NotFound("org"))?;
        sqlx::query("update orgs set plan = $2, time_zone = $3, overage_nanos_max = $4 where id = $1")
            .bind(self.org.to_string())
            .bind(&new.plan)
            .bind(&new.time_zone)
            .bind(bigint(new.overage_nanos))
            .execute(&mut *tx)
            .await?;
        if before != new.time_zone {
            roll_up::rebuild(&mut tx, self.org, now).await?;
        }
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        Ok(tx.commit().await?)
    }
}

/// Refuses one more box than the plan of the org has.
pub(crate) async fn require_box_place(tx: &mut Connection, org: OrgId) -> Result<(), Error> {
    let (max, count): (Option<i64>, i64) = sqlx::query_as(
        "select p.boxes_max, (select count(*) from boxes where org_id = $1 and desired <> 'deleted') from orgs o
         join plans p on p.name = coalesce(o.plan, (select name from plans where is_default)) where o.id = $1",
    )
    .bind(org.to_string())
    .fetch_one(tx)
    .await?;
    match max {
        Some(max) if count >= max => Err(Error::PlanFull { max: u32::try_from(max).unwrap_or(0) }),
        _ => Ok(()),
    }
}
