//! One run of a schedule: the box is woken through the one gate, and then it is done.

use aws_lc_rs::digest;
use jiff::Timestamp;
use smartbox_core::{Desired, Observed, ScheduleId};
use smartbox_store::{IntentChange, Schedule, ScheduleAction, ScheduleRun, Smartbox, SystemActor};
use tokio::time::{Instant, timeout_at};

use super::ACTOR;
use crate::gateway::agent_error;
use crate::uses::Use;
use crate::{Control, Error};

/// The identity of the run for a due time: the same whoever makes it, and a number of 128 bits.
pub(super) fn run_id(schedule: ScheduleId, due: Timestamp) -> String {
    let text = format!("{schedule} {}", due.as_millisecond());
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Does what the schedule says.
pub(super) async fn act(control: &Control, schedule: &Schedule, run: &ScheduleRun) -> Result<(), Error> {
    let (row, _use) = ready(control, schedule).await?;
    let ScheduleAction::Message { text, session } = &schedule.plan.action else { return Ok(()) };
    let key = u128::from_str_radix(&run.id, 16).map_err(Error::internal)?;
    let gateway = control.gateway(&row).await?;
    // The agent goes on with its turn, and says itself that it is at work when it should sleep.
    gateway.chat_send(session, text, key.to_be_bytes()).await.map(drop).map_err(agent_error)
}

/// Until when a run keeps its box awake.
pub(super) fn awake_until(schedule: &Schedule, now: Timestamp) -> Option<Timestamp> {
    match schedule.plan.action {
        ScheduleAction::Wake { awake_secs } => {
            now.checked_add(std::time::Duration::from_secs(u64::from(awake_secs))).ok()
        }
        ScheduleAction::Message { .. } => None,
    }
}

/// Why a run failed, for people.
pub(super) fn told(error: &Error) -> String {
    if let Error::Internal(cause) = error {
        tracing::error!(error = &**cause as &dyn std::error::Error, "a schedule could not be acted on");
    }
    error.to_string()
}

/// Waits until the box answers, and wakes it if it sleeps. One that its owner has stopped is left alone.
async fn ready(control: &Control, schedule: &Schedule) -> Result<(Smartbox, Use), Error> {
    let mut changes = control.inner.changes.subscribe();
    let deadline = Instant::now() + control.inner.limits.ready_wait;
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    loop {
        control.inner.uses.call(schedule.box_id);
        let row = fleet.find_box(schedule.box_id).await?.ok_or(Error::NotFound("box"))?;
        match row.desired {
            Desired::Running if row.observed == Observed::Ready => {
                if let Some(in_use) = control.inner.uses.begin(row.id) {
                    return Ok((row, in_use));
                }
            }
            Desired::Running => {}
            Desired::Asleep => wake(control, schedule, &row).await?,
            Desired::Stopped => {
                return Err(Error::Conflict {
                    what: "the box is stopped, and a schedule starts no box that somebody stopped".to_owned(),
                    remedy: "start the box".to_owned(),
                });
            }
            Desired::Deleted => return Err(smartbox_core::wake::WakeRefusal::Deleted.into()),
        }
        if !matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
            return Err(Error::Unavailable {
                what: "the box did not become ready in time".to_owned(),
                retry_after: std::time::Duration::from_secs(10),
            });
        }
    }
}

async fn wake(control: &Control, schedule: &Schedule, row: &Smartbox) -> Result<(), Error> {
    control.wake_gate(row).await?;
    let why = format!("schedule `{}` is due", schedule.plan.name);
    let event = control.event(ACTOR, "box.woken", &why, serde_json::json!({}));
    match control.write_intent(row, IntentChange::to(Desired::Running), Some(row.version), None, event).await
    {
        Ok(_) | Err(Error::VersionMismatch) => Ok(()),
        Err(error) => Err(error),
    }
}
