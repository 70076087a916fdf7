//! Making the row of a box.

use std::collections::BTreeSet;

use jiff::Timestamp;
use smartbox_core::{Desired, OrgId, uid_range};

use crate::database::Connection;
use crate::ledger::org_plan;
use crate::row::{labels_column, number};
use crate::smartbox::{NewSmartbox, Smartbox};
use crate::{Error, boxes};

pub(crate) async fn insert(
    tx: &mut Connection,
    org: OrgId,
    new: &NewSmartbox,
    now: Timestamp,
) -> Result<Smartbox, Error> {
    require_org(tx, org).await?;
    org_plan::require_box_place(tx, org).await?;
    require_free_name(tx, org, new).await?;
    boxes::require_tier(tx, &new.tier).await?;
    if new.desired == Desired::Running {
        boxes::require_place(tx, &new.tier).await?;
    }
    let uid_slot = take_uid_slot(tx).await?;
    let is_default: bool =
        sqlx::query_scalar("select count(*) = 0 from boxes where org_id = $1 and is_default")
            .bind(org.to_string())
            .fetch_one(&mut *tx)
            .await?;
    sqlx::query(
        "insert into boxes (id, org_id, name, kind, tier, is_default, created_at_ms, version, desired, generation,
                            uid_slot, runtime_version, host_key_public, observed, was_seen, restarts, oom_kills,
                            failures, is_quiet, labels)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8, 1, $9, $10, $11, 'absent', false, 0, 0, 0, $12, $13)",
    )
    .bind(new.id.to_string())
    .bind(org.to_string())
    .bind(new.name.as_str())
    .bind(new.kind.as_str())
    .bind(&new.tier)
    .bind(is_default)
    .bind(now.as_millisecond())
    .bind(new.desired.as_str())
    .bind(i64::from(uid_slot))
    .bind(&new.runtime_version)
    .bind(&new.host_key_public)
    .bind(new.is_quiet)
    .bind(labels_column(&new.labels))
    .execute(&mut *tx)
    .await?;
    boxes::find(tx, new.id).await?.ok_or(Error::NotFound("box"))
}

async fn require_org(tx: &mut Connection, org: OrgId) -> Result<(), Error> {
    let exists: bool = sqlx::query_scalar("select count(*) > 0 from orgs where id = $1")
        .bind(org.to_string())
        .fetch_one(tx)
        .await?;
    if exists { Ok(()) } else { Err(Error::NotFound("org")) }
}

async fn require_free_name(tx: &mut Connection, org: OrgId, new: &NewSmartbox) -> Result<(), Error> {
    let is_free: bool = sqlx::query_scalar("select count(*) = 0 from boxes where org_id = $1 and name = $2")
        .bind(org.to_string())
        .bind(new.name.as_str())
        .fetch_one(tx)
        .await?;
    if is_free { Ok(()) } else { Err(Error::NameTaken) }
}

/// Takes a range of user ids that no box has. A row exists as long as its box's data, so data never changes hands.
async fn take_uid_slot(tx: &mut Connection) -> Result<u32, Error> {
    let next: i64 =
        sqlx::query_scalar("select value from counters where name = 'uid-slot'").fetch_one(&mut *tx).await?;
    let used: Vec<i64> = sqlx::query_scalar("select uid_slot from boxes").fetch_all(&mut *tx).await?;
    let used = used.into_iter().map(number).collect::<Result<BTreeSet<u32>, _>>()?;
    let slot = free_slot(number(next)?, &used, uid_range::COUNT).ok_or(Error::OutOfUidRanges)?;
    sqlx::query("update counters set value = $1 where name = 'uid-slot'")
        .bind(i64::from(slot) + 1)
        .execute(tx)
        .await?;
    Ok(slot)
}

/// The first slot from `next` on that is not in use, going round once: a slot rests as long as possible before
/// another box gets it.
fn free_slot(next: u32, used: &BTreeSet<u32>, count: u32) -> Option<u32> {
    let start = if next < count { next } else { 0 };
    (start..count).chain(0..start).find(|slot| !used.contains(slot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_taken_in_turn_and_skip_those_in_use() {
        assert_eq!(free_slot(0, &BTreeSet::new(), 4), Some(0));
        assert_eq!(free_slot(1, &BTreeSet::from([1, 2]), 4), Some(3));
        assert_eq!(free_slot(4, &BTreeSet::from([0]), 4), Some(1));
        assert_eq!(free_slot(3, &BTreeSet::from([3, 0]), 4), Some(1));
        assert_eq!(free_slot(2, &BTreeSet::from([0, 1, 2, 3]), 4), None);
    }
}
