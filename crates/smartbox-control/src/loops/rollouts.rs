//! Takes rollouts further: looks how the present wave went, and begins the next.

use smartbox_core::rollout::{BoxProgress, RolloutEnd, RolloutMove, next_wave};
use smartbox_core::{Desired, runtime};
use smartbox_store::{FleetStore, Outcome, Rollout, RolloutBox, Smartbox, SystemActor};

use crate::rollouts::ACTOR;
use crate::{Control, Error};

/// One look at every rollout that is under way.
pub(super) async fn pass(control: &Control) -> Result<(), Error> {
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    for rollout in fleet.open_rollouts().await? {
        if let Err(error) = follow(control, &fleet, &rollout).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(rollout = %rollout.id, error, "a rollout could not be taken further");
        }
    }
    Ok(())
}

async fn follow(control: &Control, fleet: &FleetStore, rollout: &Rollout) -> Result<(), Error> {
    let Some((_, boxes)) = fleet.find_rollout(rollout.id).await? else { return Ok(()) };
    let mut progress = Vec::with_capacity(boxes.len());
    for one in &boxes {
        progress.push(if one.progress == BoxProgress::Going {
            look(fleet, rollout, one).await?
        } else {
            one.progress
        });
    }
    let (wave, stop_after) = (rollout.wave as usize, rollout.stop_after as usize);
    match next_wave(&progress, wave, stop_after) {
        RolloutMove::Wait => Ok(()),
        RolloutMove::Begin(count) => {
            let waiting = boxes.iter().zip(&progress).filter(|(_, now)| **now == BoxProgress::Waiting);
            for (one, _) in waiting.take(count) {
                begin(control, fleet, rollout, one).await?;
            }
            Ok(())
        }
        RolloutMove::End(how) => end(control, fleet, rollout, how, &progress).await,
    }
}

/// How it goes with a box whose upgrade was begun.
async fn look(fleet: &FleetStore, rollout: &Rollout, one: &RolloutBox) -> Result<BoxProgress, Error> {
    let found = match one.operation {
        Some(id) => fleet.find_operation(id).await?,
        None => None,
    };
    let (progress, what) = match found.map(|operation| operation.outcome) {
        Some(None) => return Ok(BoxProgress::Going),
        Some(Some(Outcome::Succeeded)) => (BoxProgress::Upgraded, None),
        Some(Some(Outcome::Failed(error))) => (BoxProgress::Failed, Some(error.what)),
        Some(Some(Outcome::Superseded | Outcome::Cancelled)) | None => {
            (BoxProgress::Skipped, Some("the box was deleted meanwhile".to_owned()))
        }
    };
    fleet.note_rollout_box(rollout.id, one.box_id, progress, (None, what.as_deref())).await?;
    Ok(progress)
}

/// Begins with a box. What speaks against it now is written down, and the box left as it is.
async fn begin(
    control: &Control,
    fleet: &FleetStore,
    rollout: &Rollout,
    one: &RolloutBox,
) -> Result<(), Error> {
    let skip = async |what: &str| {
        let noted =
            fleet.note_rollout_box(rollout.id, one.box_id, BoxProgress::Skipped, (None, Some(what))).await;
        noted.map_err(Error::from)
    };
    let Some(row) = fleet.find_box(one.box_id).await? else { return skip("the box is gone").await };
    if row.desired == Desired::Deleted {
        return skip("the box is deleted").await;
    }
    // Begun by this loop just before it was killed, or by somebody else. Its end is found by the next look.
    if let Some(newest) = control.inner.store.org(row.org).newest_upgrade(row.id).await? {
        let begun = fleet.find_operation(newest.id).await?.map(|operation| operation.created_at);
        let is_open = newest.finished_at.is_none();
        let counts = newest.to == rollout.to && (is_open || begun.is_some_and(|at| at >= rollout.created_at));
        if counts {
            let going = (Some(newest.id), None);
            return Ok(fleet.note_rollout_box(rollout.id, row.id, BoxProgress::Going, going).await?);
        }
        if is_open {
            return skip("it is being upgraded to another version").await;
        }
    }
    if !runtime::is_below(&row.runtime_version, &rollout.to) {
        return skip("it has this version or a newer one").await;
    }
    match begin_upgrade(control, rollout, &row).await {
        Ok(operation) => {
            let going = (Some(operation), None);
            Ok(fleet.note_rollout_box(rollout.id, row.id, BoxProgress::Going, going).await?)
        }
        // Somebody changed it at the same moment: it has its turn at the next look.
        Err(Error::VersionMismatch | Error::Unavailable { .. }) => Ok(()),
        Err(error @ (Error::Internal(_) | Error::DiskFull)) => Err(error),
        Err(error) => skip(&error.to_string()).await,
    }
}

async fn begin_upgrade(
    control: &Control,
    rollout: &Rollout,
    row: &Smartbox,
) -> Result<smartbox_core::OperationId, Error> {
    let detail = serde_json::json!({
        "rollout": rollout.id.to_string(), "from": row.runtime_version, "to": rollout.to,
    });
    let why = format!("{} asked for all of them", rollout.asked_by);
    let event = control.event(ACTOR, "box.upgrade-requested", &why, detail);
    Ok(control.begin_upgrade(row, &rollout.to, event).await?.operation.id)
}

async fn end(
    control: &Control,
    fleet: &FleetStore,
    rollout: &Rollout,
    how: RolloutEnd,
    progress: &[BoxProgress],
) -> Result<(), Error> {
    let count = |wanted: BoxProgress| progress.iter().filter(|one| **one == wanted).count();
    let (upgraded, failed) = (count(BoxProgress::Upgraded), count(BoxProgress::Failed));
    let left = count(BoxProgress::Waiting);
    let what = match how {
        RolloutEnd::Stopped => format!(
            "{failed} of the boxes were not well on OpenClaw {} and are back; {left} were not touched any more",
            rollout.to
        ),
        _ => format!("{upgraded} boxes are well on OpenClaw {}, {failed} were not and are back", rollout.to),
    };
    if how == RolloutEnd::Stopped {
        tracing::warn!(rollout = %rollout.id, failed, left, "a rollout was stopped");
    }
    let detail = serde_json::json!({
        "rollout": rollout.id.to_string(), "to": rollout.to, "upgraded": upgraded, "failed": failed, "left": left,
        "skipped": count(BoxProgress::Skipped),
    });
    let action = if how == RolloutEnd::Stopped { "rollout.stopped" } else { "rollout.done" };
    let event = control.event(ACTOR, action, &what, detail);
    fleet.end_rollout(rollout, how, event, control.inner.clock.now()).await?;
    control.inner.changes.written();
    Ok(())
}
