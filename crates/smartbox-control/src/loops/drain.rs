//! Empties a platform that is being maintained: what runs is put to sleep, one box after the other, on the way that it always takes.

use jiff::SignedDuration;
use smartbox_core::{Desired, Observed, SleepTier};
use smartbox_store::{IntentChange, Smartbox, SystemActor};

use crate::maintenance::{ACTOR, Drain, Maintenance};
use crate::{Control, Error};

/// A box that does not fall asleep for this long, because its work does not end, is stopped.
const SLEEPS_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// Boxes that are on their way at the same time.
const WIDTH: usize = 4;

/// One look: begins with the next boxes, as many as may be on their way.
pub(super) async fn pass(control: &Control) -> Result<(), Error> {
    let Some(maintenance) = control.maintenance().await? else { return Ok(()) };
    if maintenance.drain == Drain::Off {
        return Ok(());
    }
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    let rows = fleet.all_boxes().await?;
    let on_their_way = rows.iter().filter(|row| is_on_its_way(row)).count();
    let running = rows.iter().filter(|row| row.desired == Desired::Running);
    for row in running.take(WIDTH.saturating_sub(on_their_way)) {
        end(control, row, &maintenance).await?;
    }
    Ok(())
}

/// Whether a box should be at rest and is not yet.
fn is_on_its_way(row: &Smartbox) -> bool {
    let is_at_rest = matches!(row.observed, Observed::Stopped | Observed::Absent | Observed::Asleep(_));
    matches!(row.desired, Desired::Asleep | Desired::Stopped) && !is_at_rest
}

async fn end(control: &Control, row: &Smartbox, maintenance: &Maintenance) -> Result<(), Error> {
    let now = control.inner.clock.now();
    let is_stubborn = now.duration_since(maintenance.since) >= SLEEPS_WITHIN;
    let sleeps = maintenance.drain == Drain::Sleep && row.observed == Observed::Ready && !is_stubborn;
    let (change, action) = if sleeps {
        (IntentChange::to_sleep(SleepTier::Stopped, now), "box.sleep-requested")
    } else {
        // What is not ready is never put to sleep.
        (IntentChange::to(Desired::Stopped), "box.stop-requested")
    };
    let event = control.event(ACTOR, action, &maintenance.reason, serde_json::json!({ "maintenance": true }));
    // Somebody who changes it at the same moment is looked at by the next pass.
    match control.write_intent(row, change, Some(row.version), None, event).await {
        Ok(_) | Err(Error::VersionMismatch | Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
