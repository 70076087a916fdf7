//! Holds orgs and boxes that are over, puts what runs of them to sleep, and lets them go when they are not over any more.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use smartbox_core::ledger::{Bound, judge};
use smartbox_core::wake::HoldKind;
use smartbox_core::{BoxId, Desired, Observed, OrgId, SleepTier};
use smartbox_store::{FleetStore, IntentChange, OrgStanding, Smartbox, WakeHold};

use super::ACTOR;
use crate::spend::words;
use crate::{Control, Error};

/// A box that is held and does not fall asleep for this long, because its work does not end, is stopped.
const SLEEPS_WITHIN: Duration = Duration::from_mins(5);

/// What is to be held, and why.
#[derive(Default)]
struct Over {
    orgs: BTreeMap<(OrgId, HoldKind), String>,
    boxes: BTreeMap<BoxId, String>,
}

/// One round.
pub(super) async fn enforce(control: &Control, fleet: &FleetStore) -> Result<(), Error> {
    let now = control.inner.clock.now();
    let mut over = Over::default();
    for org in fleet.limited_orgs().await? {
        if let Some(standing) = fleet.org_standing(org, now).await? {
            over.look(&standing, now);
        }
    }
    let was_released = release(control, fleet, &over).await?;
    hold(control, fleet, &over).await?;
    if !over.orgs.is_empty() || !over.boxes.is_empty() {
        put_to_sleep(control, fleet, &over).await?;
    }
    if was_released {
        // What is due in boxes may happen now.
        control.inner.changes.all();
    }
    Ok(())
}

impl Over {
    fn look(&mut self, standing: &OrgStanding, now: Timestamp) {
        let terms = &standing.terms;
        let used_up = |bounds: &[Bound]| bounds.iter().find(|bound| bound.is_used_up()).copied();
        let words_of = |bound: Bound| words::budget(&bound, None, terms.resets_at(bound.span, now));
        if let Some(excess) = judge(terms.plan(), &standing.used, terms.overage_nanos).excess() {
            let resets_at = terms.resets_at(smartbox_core::ledger::Span::Month, now);
            let reason = words::plan(&terms.plan.name, &excess, terms.overage_nanos, resets_at);
            self.orgs.insert((terms.org, HoldKind::Plan), reason);
        }
        if let Some(bound) = used_up(&standing.bounds) {
            self.orgs.insert((terms.org, HoldKind::Budget), words_of(bound));
        }
        for one in &standing.boxes {
            if let Some(bound) = used_up(&one.bounds) {
                self.boxes.insert(one.id, words_of(bound));
            }
        }
    }
}

/// Lets go of what the monitor held and is not over any more. Says whether there was something.
async fn release(control: &Control, fleet: &FleetStore, over: &Over) -> Result<bool, Error> {
    const WHY: &str = "it is within its plan and budget again";
    let now = control.inner.clock.now();
    let mut was_released = false;
    for (org, kind) in fleet.monitor_holds().await? {
        if !over.orgs.contains_key(&(org, kind)) {
            let detail = serde_json::json!({ "kind": kind.as_str() });
            let event = control.event(ACTOR, "org.released", WHY, detail);
            was_released |= fleet.monitor_release(org, kind, event, now).await?;
        }
    }
    for held in fleet.box_holds().await? {
        if !over.boxes.contains_key(&held.box_id) {
            let detail = serde_json::json!({ "kind": held.hold.kind.as_str() });
            let event = control.event(ACTOR, "box.released", WHY, detail);
            was_released |= fleet.release_box(held.box_id, event, now).await?;
        }
    }
    Ok(was_released)
}

async fn hold(control: &Control, fleet: &FleetStore, over: &Over) -> Result<(), Error> {
    let now = control.inner.clock.now();
    for ((org, kind), reason) in &over.orgs {
        let event = control.event(ACTOR, "org.held", reason, serde_json::json!({ "kind": kind.as_str() }));
        fleet.monitor_hold(*org, *kind, reason, event, now).await?;
    }
    for (id, reason) in &over.boxes {
        let kind = HoldKind::Budget;
        let event = control.event(ACTOR, "box.held", reason, serde_json::json!({ "kind": kind.as_str() }));
        fleet.hold_box(*id, kind, reason, event, now).await?;
    }
    Ok(())
}

/// Puts to sleep what is over and runs. It is woken by nobody: the one gate sees the hold.
async fn put_to_sleep(control: &Control, fleet: &FleetStore, over: &Over) -> Result<(), Error> {
    let held_boxes: HashMap<BoxId, WakeHold> =
        fleet.box_holds().await?.into_iter().map(|held| (held.box_id, held.hold)).collect();
    let mut held_orgs: HashMap<OrgId, Vec<WakeHold>> = HashMap::new();
    for (org, _kind) in over.orgs.keys() {
        held_orgs.insert(*org, control.inner.store.org(*org).wake_holds().await?);
    }
    for row in fleet.all_boxes().await?.iter().filter(|row| row.desired == Desired::Running) {
        let of_org = held_orgs.get(&row.org).into_iter().flatten();
        let of_org = of_org.filter(|hold| over.orgs.contains_key(&(row.org, hold.kind)));
        if let Some(hold) = held_boxes.get(&row.id).into_iter().chain(of_org).min_by_key(|hold| hold.since) {
            end(control, row, hold).await?;
        }
    }
    Ok(())
}

async fn end(control: &Control, row: &Smartbox, hold: &WakeHold) -> Result<(), Error> {
    let now = control.inner.clock.now();
    let held_for = now.duration_since(hold.since);
    let is_stubborn = held_for >= SignedDuration::try_from(SLEEPS_WITHIN).unwrap_or(SignedDuration::MAX);
    let (change, action) = match row.observed {
        Observed::Ready if !is_stubborn => {
            let asleep = Some((SleepTier::Stopped, now));
            (IntentChange { asleep, ..IntentChange::to(Desired::Asleep) }, "box.sleep-requested")
        }
        // What is not ready is never put to sleep.
        _ => (IntentChange::to(Desired::Stopped), "box.stop-requested"),
    };
    let event = control.event(ACTOR, action, &hold.reason, serde_json::json!({ "hold": hold.kind.as_str() }));
    // Somebody who changes it at the same moment is looked at by the next pass.
    match control.write_intent(row, change, Some(row.version), None, event).await {
        Ok(_) | Err(Error::VersionMismatch | Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
