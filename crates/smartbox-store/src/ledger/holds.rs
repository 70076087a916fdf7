//! Holds of the monitor: an org that is over its plan or budget, or one box that is over its own.

use jiff::Timestamp;
use smartbox_core::wake::HoldKind;
use smartbox_core::{BoxId, OrgId};

use crate::database::Tx;
use crate::event::{self, NewEvent};
use crate::row::{instant, parsed};
use crate::{Error, FleetStore, OrgStore, WakeHold};

/// A reason why one box may not wake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxHold {
    /// Which box.
    pub box_id: BoxId,
    /// Whose.
    pub org: OrgId,
    /// Why.
    pub hold: WakeHold,
}

#[derive(sqlx::FromRow)]
struct Row {
    box_id: String,
    org_id: String,
    kind: String,
    reason: String,
    since_at_ms: i64,
}

impl TryFrom<Row> for BoxHold {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            box_id: parsed(&row.box_id)?,
            org: parsed(&row.org_id)?,
            hold: WakeHold { kind: parsed(&row.kind)?, reason: row.reason, since: instant(row.since_at_ms)? },
        })
    }
}

impl OrgStore {
    /// Why one box may not wake, beside what holds its org.
    pub async fn box_hold(&self, id: BoxId) -> Result<Option<WakeHold>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select box_id, org_id, kind, reason, since_at_ms from box_holds where box_id = $1 and org_id = $2",
        )
        .bind(id.to_string())
        .bind(self.org.to_string())
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        Ok(row.map(BoxHold::try_from).transpose()?.map(|held| held.hold))
    }
}

/// Ends a change of a hold with the event that tells of it; `false`, and no event, where nothing changed (`org` is `None`).
async fn told(
    mut tx: Tx,
    org: Option<OrgId>,
    box_id: Option<BoxId>,
    event: &NewEvent,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(org) = org else { return Ok(false) };
    event::append(&mut tx, Some(org), box_id, event, now).await?;
    tx.commit().await?;
    Ok(true)
}

impl FleetStore {
    /// Every box that the monitor holds.
    pub async fn box_holds(&self) -> Result<Vec<BoxHold>, Error> {
        let rows: Vec<Row> =
            sqlx::query_as("select box_id, org_id, kind, reason, since_at_ms from box_holds order by box_id")
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Every org that the monitor holds.
    pub async fn monitor_holds(&self) -> Result<Vec<(OrgId, HoldKind)>, Error> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("select org_id, kind from wake_holds where by_monitor order by org_id, kind")
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.iter().map(|(org, kind)| Ok((parsed(org)?, parsed(kind)?))).collect()
    }

    /// Holds an org, unless something of this kind holds it already. Says whether it is new.
    pub async fn monitor_hold(
        &self,
        org: OrgId,
        kind: HoldKind,
        reason: &str,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let written = sqlx::query(
            "insert into wake_holds (org_id, kind, reason, since_at_ms, by_monitor)
             select id, $2, $3, $4, true from orgs where id = $1
             on conflict (org_id, kind) do nothing",
        )
        .bind(org.to_string())
        .bind(kind.as_str())
        .bind(reason)
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
        told(tx, Some(org).filter(|_org| written.rows_affected() > 0), None, &event, now).await
    }

    /// Takes a hold of the monitor away; one that a person has set stays. Says whether there was one.
    pub async fn monitor_release(
        &self,
        org: OrgId,
        kind: HoldKind,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let gone = sqlx::query("delete from wake_holds where org_id = $1 and kind = $2 and by_monitor")
            .bind(org.to_string())
            .bind(kind.as_str())
            .execute(&mut *tx)
            .await?;
        told(tx, Some(org).filter(|_org| gone.rows_affected() > 0), None, &event, now).await
    }

    /// Holds one box, unless it is held already. Says whether it is new.
    pub async fn hold_box(
        &self,
        id: BoxId,
        kind: HoldKind,
        reason: &str,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let org: Option<String> = sqlx::query_scalar(
            "insert into box_holds (box_id, org_id, kind, reason, since_at_ms)
             select id, org_id, $2, $3, $4 from boxes where id = $1
             on conflict (box_id) do nothing returning org_id",
        )
        .bind(id.to_string())
        .bind(kind.as_str())
        .bind(reason)
        .bind(now.as_millisecond())
        .fetch_optional(&mut *tx)
        .await?;
        told(tx, org.as_deref().map(parsed).transpose()?, Some(id), &event, now).await
    }

    /// Lets one box go. Says whether it was held.
    pub async fn release_box(&self, id: BoxId, event: NewEvent, now: Timestamp) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let org: Option<String> =
            sqlx::query_scalar("delete from box_holds where box_id = $1 returning org_id")
                .bind(id.to_string())
                .fetch_optional(&mut *tx)
                .await?;
        told(tx, org.as_deref().map(parsed).transpose()?, Some(id), &event, now).await
    }
}
