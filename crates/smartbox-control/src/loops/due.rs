//! Wakes boxes ahead of what is due in them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::{BoxId, Desired, Observed, Phase, SleepDepth, SleepTier};
use smartbox_store::{IntentChange, Smartbox};

use crate::{Control, Error};

const ACTOR: &str = "reconciler";
/// Boxes that wake at the same time because something is due in them. The others follow as these are ready.
const AT_ONCE_MAX: usize = 4;
/// When to ask again after the gate has refused.
const REFUSED_AGAIN: Duration = Duration::from_mins(1);
/// Between two looks at boxes that wait for their turn.
const TURN: Duration = Duration::from_secs(1);
/// Longest time between two looks at what is due: the wall clock may be set meanwhile.
const LOOK_MAX: Duration = Duration::from_mins(1);

/// What is remembered of refusals. Times are the steady clock's.
#[derive(Default)]
pub(super) struct DueWakes {
    refused: HashMap<BoxId, Duration>,
}

impl DueWakes {
    /// Wakes those whose time has come, the longest overdue first. Returns who was woken.
    pub(super) async fn wake(
        &mut self,
        control: &Control,
        rows: &[Arc<Smartbox>],
    ) -> Result<Vec<BoxId>, Error> {
        let (now, steady) = (control.inner.clock.now(), control.inner.clock.steady());
        self.refused.retain(|_id, again| *again > steady);
        let waking = rows.iter().filter(|row| matches!(row.phase(), Phase::Waking | Phase::Starting)).count();
        let is_due = |row: &&Arc<Smartbox>| {
            !self.refused.contains_key(&row.id) && alarm(row).is_some_and(|alarm| alarm <= now)
        };
        let mut due: Vec<_> = rows.iter().filter(is_due).collect();
        due.sort_by_key(|row| (row.due.as_ref().map(|due| due.at), row.id));
        let mut woken = Vec::new();
        for row in due.into_iter().take(AT_ONCE_MAX.saturating_sub(waking)) {
            if self.wake_one(control, row, steady).await? {
                woken.push(row.id);
            }
        }
        Ok(woken)
    }

    async fn wake_one(&mut self, control: &Control, row: &Smartbox, steady: Duration) -> Result<bool, Error> {
        let why = row.due.as_ref().map_or("a schedule", |due| due.why.as_str());
        match control.wake_gate(row).await {
            Ok(()) => {}
            Err(Error::WakeRefused(refusal)) => {
                self.refused.insert(row.id, steady + REFUSED_AGAIN);
                let what = format!("{why} is due and the box may not wake: {refusal}");
                let event = control.event(ACTOR, "box.wake-refused", &what, serde_json::json!({}));
                let fleet = control.inner.store.fleet(smartbox_store::SystemActor::new(ACTOR));
                fleet.append_event(Some(row.org), Some(row.id), event, control.inner.clock.now()).await?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        let event = control.event(ACTOR, "box.woken", &format!("{why} is due"), serde_json::json!({}));
        let change = IntentChange::to(Desired::Running);
        match control.write_intent(row, change, Some(row.version), None, event).await {
            Ok(_) => Ok(true),
            Err(Error::VersionMismatch | Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// When the box has to be woken for what is due in it.
pub(super) fn alarm(row: &Smartbox) -> Option<Timestamp> {
    let due = row.due.as_ref().filter(|_| row.desired == Desired::Asleep)?;
    let tier = match row.observed {
        Observed::Asleep(SleepDepth::Frozen) => SleepTier::Frozen,
        Observed::Asleep(SleepDepth::Squeezed) => SleepTier::Squeezed,
        _ => SleepTier::Stopped,
    };
    due.at.checked_sub(tier.lead()).ok()
}

/// How long until the next box has to be woken.
pub(super) fn until_next(rows: &[Arc<Smartbox>], now: Timestamp) -> Duration {
    let next = rows.iter().filter_map(|row| alarm(row)).min();
    let until = next.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO));
    match until {
        None => LOOK_MAX,
        // What is due and was not woken waits for its turn or for another answer.
        Some(Duration::ZERO) => TURN,
        Some(until) => until.min(LOOK_MAX),
    }
}
