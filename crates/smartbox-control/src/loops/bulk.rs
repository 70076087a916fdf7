//! Takes what is done with many boxes further, and empties a platform that is being maintained.

use std::time::Duration;

use smartbox_core::bulk::{BulkAction, BulkEnd, BulkMove, BulkProgress, next_in_bulk};
use smartbox_core::{Desired, OperationId};
use smartbox_store::{
    BulkBox, BulkRun, FleetStore, IntentChange, NewOperation, OperationKind, Outcome, Smartbox, SystemActor,
};
use tokio_util::sync::CancellationToken;

use super::drain;
use super::rounds::rounds;
use crate::bulk::ACTOR;
use crate::bulk::forecast::{DOES_NOT_RUN, words};
use crate::configs::By;
use crate::upgrades::require_none;
use crate::{Applies, ConfigWish, Control, Error, Keeping};

/// Between two looks: a run's boxes begin as far apart as it says, give or take this.
const LOOK: Duration = Duration::from_millis(500);

/// The loop of what is done with many boxes.
pub struct BulkLoop {
    control: Control,
    keeping: Keeping,
}

/// What became of a box whose turn it is.
enum Came {
    /// It goes on.
    Going,
    /// It is over with it.
    Over(BulkProgress, Option<String>),
}

impl BulkLoop {
    /// A loop that acts on the platform that does what belongs to no box.
    pub fn under(control: Control, keeping: impl Into<Keeping>) -> Self {
        Self { control, keeping: keeping.into() }
    }

    /// Runs until told to stop. What was begun is written down before: the next start goes on from there.
    pub async fn run(self, stop: CancellationToken) {
        rounds(LOOK, &stop, "what is done with many boxes could not be looked at", || self.pass()).await;
    }

    /// One look at every run that is under way.
    ///
    /// # Errors
    /// The database fails.
    pub async fn pass(&self) -> Result<(), Error> {
        // One platform does it for all: what it wants of a box is an intent, which the box's keeper sees.
        if self.keeping.leading_epoch().is_none() {
            return Ok(());
        }
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        for run in fleet.open_bulk_runs().await? {
            if let Err(error) = follow(&self.control, &fleet, run).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a bulk run could not be taken further"
                );
            }
        }
        drain::pass(&self.control).await
    }
}

async fn follow(control: &Control, fleet: &FleetStore, mut run: BulkRun) -> Result<(), Error> {
    let Some((_, mut boxes)) = fleet.find_bulk_run(run.id).await? else { return Ok(()) };
    for one in &mut boxes {
        if one.progress == BulkProgress::Going {
            let came = look(control, fleet, &run, one).await?;
            settle(control, fleet, &run, one, came).await?;
        }
    }
    loop {
        let progress: Vec<BulkProgress> = boxes.iter().map(|one| one.progress).collect();
        let now = control.inner.clock.now();
        match next_in_bulk(&progress, &run.terms, run.last_begun, now) {
            BulkMove::Wait => return Ok(()),
            BulkMove::End(how) => return end(control, fleet, &run, how, &progress).await,
            BulkMove::Begin => {}
        }
        let Some(next) = boxes.iter_mut().find(|one| one.progress == BulkProgress::Waiting) else {
            return Ok(());
        };
        let came = begin(control, fleet, &mut run, next).await?;
        // Somebody has ended the run meanwhile.
        let Some(came) = came else { return Ok(()) };
        settle(control, fleet, &run, next, came).await?;
    }
}

/// How it goes with a box that was begun. What was put down and never began, because the platform died, begins now.
async fn look(control: &Control, fleet: &FleetStore, run: &BulkRun, one: &BulkBox) -> Result<Came, Error> {
    let Some(id) = one.operation else {
        return Ok(Came::Over(BulkProgress::Failed, Some("nothing is known of it".to_owned())));
    };
    let Some(operation) = fleet.find_operation(id).await? else {
        let Some(row) = fleet.find_box(one.box_id).await? else {
            return Ok(Came::Over(BulkProgress::Skipped, Some("the box is gone".to_owned())));
        };
        return carry_out(control, fleet, run, (&row, id)).await;
    };
    Ok(match operation.outcome {
        None => Came::Going,
        Some(Outcome::Succeeded) => Came::Over(BulkProgress::Done, None),
        Some(Outcome::Failed(error)) => Came::Over(BulkProgress::Failed, Some(error.what)),
        Some(Outcome::Cancelled) => {
            Came::Over(BulkProgress::Skipped, Some("somebody cancelled it".to_owned()))
        }
        Some(Outcome::Superseded) => Came::Over(
            BulkProgress::Skipped,
            Some("somebody wanted something else of it meanwhile".to_owned()),
        ),
    })
}

/// Begins with a box; `None` when the run is over. Under which operation is put down first.
async fn begin(
    control: &Control,
    fleet: &FleetStore,
    run: &mut BulkRun,
    one: &BulkBox,
) -> Result<Option<Came>, Error> {
    let skip = |what: &str| Ok(Some(Came::Over(BulkProgress::Skipped, Some(what.to_owned()))));
    let Some(row) = fleet.find_box(one.box_id).await? else { return skip("the box is gone") };
    if row.desired == Desired::Deleted {
        return skip("the box is deleted");
    }
    if run.action == BulkAction::Restart && row.desired != Desired::Running {
        return skip(DOES_NOT_RUN);
    }
    let id = control.new_operation(OperationKind::Restart).id;
    let now = control.inner.clock.now();
    if !fleet.begin_bulk_box(run.id, row.id, id, now).await? {
        return Ok(None);
    }
    run.last_begun = Some(now);
    carry_out(control, fleet, run, (&row, id)).await.map(Some)
}

async fn carry_out(
    control: &Control,
    fleet: &FleetStore,
    run: &BulkRun,
    (row, id): (&Smartbox, OperationId),
) -> Result<Came, Error> {
    let done = match run.action {
        BulkAction::Restart => restart(control, run, row, id).await.map(|()| Came::Going),
        BulkAction::PatchConfig => patch(control, fleet, run, row.clone(), id).await,
    };
    match done {
        Ok(came) => Ok(came),
        // Its turn is now, and it is tried again by the next look.
        Err(Error::VersionMismatch | Error::Unavailable { .. }) => Ok(Came::Going),
        Err(error @ (Error::Internal(_) | Error::DiskFull)) => Err(error),
        Err(error) => Ok(Came::Over(BulkProgress::Failed, Some(words(&error)))),
    }
}

async fn restart(control: &Control, run: &BulkRun, row: &Smartbox, id: OperationId) -> Result<(), Error> {
    require_none(row)?;
    control.wake_gate(row).await?;
    let change = IntentChange { bump_generation: true, ..IntentChange::to(Desired::Running) };
    let detail = serde_json::json!({ "bulk": run.id.to_string() });
    let why = format!("{} asked for many boxes", run.asked_by);
    let event = control.event(ACTOR, "box.restart-requested", &why, detail);
    control.inner.uses.call(row.id);
    let operation = NewOperation { id, kind: OperationKind::Restart };
    control.write_intent(row, change, Some(row.version), Some(operation), event).await.map(drop)
}

async fn patch(
    control: &Control,
    fleet: &FleetStore,
    run: &BulkRun,
    row: Smartbox,
    id: OperationId,
) -> Result<Came, Error> {
    let text = fleet.bulk_text(run.id).await?;
    let text = text.ok_or_else(|| Error::internal("a run has lost its patch"))?;
    let patch = serde_json::from_str(secrecy::ExposeSecret::expose_secret(&text)).map_err(Error::internal)?;
    let changed = control.try_change_config(By::Run(run, id), row, &ConfigWish::Patch(patch), None).await?;
    Ok(match changed.applies {
        Applies::Now => Came::Going,
        Applies::AtNextStart => {
            let what = format!("version {} counts from its next start on", changed.config.version);
            Came::Over(BulkProgress::Done, Some(what))
        }
        Applies::Unchanged => Came::Over(BulkProgress::Done, Some("it had this already".to_owned())),
    })
}

async fn settle(
    control: &Control,
    fleet: &FleetStore,
    run: &BulkRun,
    one: &mut BulkBox,
    came: Came,
) -> Result<(), Error> {
    one.progress = match came {
        Came::Going => BulkProgress::Going,
        Came::Over(progress, what) => {
            let now = control.inner.clock.now();
            fleet.end_bulk_box(run.id, one.box_id, (progress, what.as_deref()), now).await?;
            progress
        }
    };
    Ok(())
}

async fn end(
    control: &Control,
    fleet: &FleetStore,
    run: &BulkRun,
    how: BulkEnd,
    progress: &[BulkProgress],
) -> Result<(), Error> {
    let count = |wanted: BulkProgress| progress.iter().filter(|one| **one == wanted).count();
    let (done, failed, left) =
        (count(BulkProgress::Done), count(BulkProgress::Failed), count(BulkProgress::Waiting));
    let what = match how {
        BulkEnd::Stopped => format!("{failed} boxes failed; {left} were not touched any more"),
        _ => format!("{done} boxes are done, {failed} failed"),
    };
    if how == BulkEnd::Stopped {
        tracing::warn!(bulk = %run.id, failed, left, "a bulk run was stopped");
    }
    let detail = serde_json::json!({
        "bulk": run.id.to_string(), "done": done, "failed": failed, "left": left,
        "skipped": count(BulkProgress::Skipped),
    });
    let action = if how == BulkEnd::Stopped { "bulk.stopped" } else { "bulk.done" };
    let event = control.event(ACTOR, action, &what, detail);
    fleet.end_bulk_run(run, how, event, control.inner.clock.now()).await?;
    control.inner.changes.written();
    Ok(())
}
