//! Writing what the owner wants.

use jiff::Timestamp;
use smartbox_core::{BoxId, Breaker, Desired, OrgId};

use crate::database::Connection;
use crate::operation::{OperationKind, Outcome};
use crate::smartbox::{IntentChange, Smartbox};
use crate::{Error, archives, boxes, operation};

pub(crate) async fn write(
    tx: &mut Connection,
    org: OrgId,
    id: BoxId,
    change: IntentChange,
    if_version: Option<i64>,
    now: Timestamp,
) -> Result<Smartbox, Error> {
    let before = boxes::find_of_org(tx, org, id).await?.ok_or(Error::NotFound("box"))?;
    if if_version.is_some_and(|expected| expected != before.version) {
        return Err(Error::VersionMismatch { current: before.version });
    }
    if change.desired == Desired::Running && before.desired != Desired::Running {
        boxes::require_place(tx, &before.tier).await?;
    }
    sqlx::query(
        "update boxes set version = version + 1, desired = $3, generation = generation + $4, purge_at_ms = $5,
                desired_before_delete = $6, failures = 0, retry_at_ms = null, error_code = null,
                error_what = null, error_remedy = null, asleep_tier = coalesce($7, asleep_tier), idle_since_ms = $8,
                due_at_ms = case when $3 = 'asleep' then due_at_ms end,
                due_why = case when $3 = 'asleep' then due_why end
         where id = $1 and org_id = $2",
    )
    .bind(id.to_string())
    .bind(org.to_string())
    .bind(change.desired.as_str())
    .bind(i64::from(change.bump_generation))
    .bind(change.purge_at.map(Timestamp::as_millisecond))
    .bind(desired_before_delete(&before, change.desired).map(Desired::as_str))
    .bind(change.asleep.map(|(tier, _since)| tier.as_str()))
    .bind(change.asleep.map(|(_tier, since)| since.as_millisecond()))
    .execute(&mut *tx)
    .await?;
    if change.desired == Desired::Running {
        archives::forget_plan(tx, id).await?;
    }
    supersede(tx, id, change.desired, now).await?;
    boxes::find_of_org(tx, org, id).await?.ok_or(Error::NotFound("box"))
}

/// Forgets what is known of the box's failures.
pub(crate) async fn forget_breaker(tx: &mut Connection, smartbox: &mut Smartbox) -> Result<(), Error> {
    sqlx::query("update boxes set breaker = null where id = $1")
        .bind(smartbox.id.to_string())
        .execute(tx)
        .await?;
    smartbox.breaker = Breaker::default();
    Ok(())
}

/// What undoing a deletion brings back: the last intent that was not one.
fn desired_before_delete(before: &Smartbox, wanted: Desired) -> Option<Desired> {
    match (before.desired, wanted) {
        (Desired::Deleted, Desired::Deleted) => before.desired_before_delete,
        (earlier, Desired::Deleted) => Some(earlier),
        (_, Desired::Running | Desired::Asleep | Desired::Stopped) => None,
    }
}

/// Ends the operations that wait for a state nobody wants any more.
async fn supersede(tx: &mut Connection, id: BoxId, wanted: Desired, now: Timestamp) -> Result<(), Error> {
    for open in operation::open_of_box(tx, id).await? {
        // An upgrade outlives a stop, for a hold perhaps, and goes on when the box runs again.
        let goes_on = match open.kind {
            OperationKind::Upgrade => wanted != Desired::Deleted,
            // Whether it sleeps or is stopped, its disk is freed all the same.
            OperationKind::Archive => matches!(wanted, Desired::Asleep | Desired::Stopped),
            // It saves what there is, whether it runs or not.
            OperationKind::Backup => wanted != Desired::Deleted,
            _ => false,
        };
        if open.target.desired != wanted && !goes_on {
            operation::finish(tx, open.id, &Outcome::Superseded, now).await?;
        }
    }
    Ok(())
}
