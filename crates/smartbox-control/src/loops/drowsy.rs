//! Which boxes are idle, and for how long: from what every door saw.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::sleep::{Drowse, DrowseFacts, SleepPolicy, Threshold, Thresholds, drowse};
use smartbox_core::{BoxId, Desired, Observed, OrgId, SleepDepth, SleepTier};
use smartbox_store::{FleetStore, Smartbox};

use crate::vigil::Vigil;
use crate::{Control, Error, WorkSeen};

/// How long a box stays awake that only a schedule has woken, once it is idle.
const AFTER_SCHEDULE: Duration = Duration::from_mins(1);

/// What the loop remembers of boxes that may sleep. Times are the steady clock's.
#[derive(Default)]
pub(super) struct Drowsy {
    awake_since: HashMap<BoxId, Duration>,
    /// Boxes that would not sleep, and when to ask again.
    asked: HashMap<BoxId, Duration>,
    /// Boxes that a schedule has woken, and nobody else has needed since.
    quiet: HashSet<BoxId>,
    orgs: HashMap<OrgId, SleepPolicy>,
    tiers: HashMap<String, SleepPolicy>,
}

impl Drowsy {
    /// Reads what was decided about sleep, and forgets boxes that are gone.
    pub(super) async fn refresh(&mut self, fleet: &FleetStore, rows: &[Smartbox]) -> Result<(), Error> {
        self.orgs = fleet.org_sleep_policies().await?.into_iter().collect();
        self.tiers = fleet.tier_sleep_policies().await?.into_iter().collect();
        let ids: HashSet<_> = rows.iter().map(|row| row.id).collect();
        self.awake_since.retain(|id, _| ids.contains(id));
        self.asked.retain(|id, _| ids.contains(id));
        self.quiet.retain(|id| ids.contains(id));
        Ok(())
    }

    /// A schedule has woken the box.
    pub(super) fn woken_quietly(&mut self, id: BoxId) {
        self.quiet.insert(id);
    }

    /// The box would not sleep.
    pub(super) fn refused(&mut self, control: &Control, id: BoxId, again: Duration) {
        self.asked.insert(id, control.inner.clock.steady() + again);
    }

    /// Whether and how far the box goes down now.
    pub(super) fn look(&mut self, control: &Control, row: &Smartbox) -> Option<(SleepTier, Timestamp)> {
        let steady = control.inner.clock.steady();
        let now = control.inner.clock.now();
        if !matches!(row.observed, Observed::Ready) {
            self.awake_since.remove(&row.id);
            self.asked.remove(&row.id);
        }
        let asleep = match (row.desired, &row.observed) {
            (Desired::Running, Observed::Ready) => None,
            (Desired::Asleep, Observed::Asleep(SleepDepth::Frozen)) => Some(SleepTier::Frozen),
            (Desired::Asleep, Observed::Asleep(SleepDepth::Squeezed)) => Some(SleepTier::Squeezed),
            _ => return None,
        };
        let awake_since = *self.awake_since.entry(row.id).or_insert(steady);
        let (edge, uses, calls) = (
            control.inner.ingress.work(row.id),
            control.inner.uses.work(row.id),
            control.inner.doors.work(row.id),
        );
        let awake = steady.saturating_sub(awake_since);
        if asleep.is_none() && [edge, uses].iter().any(|seen| is_newer(seen, awake)) {
            self.quiet.remove(&row.id);
        }
        let work = edge.and(uses).and(calls);
        let idle = match asleep {
            None => work.ended.map_or(awake, |ended| ended.min(awake)),
            Some(_tier) => row.idle_since.map_or(Duration::ZERO, |since| elapsed(since, now)),
        };
        let thresholds = self.thresholds(control, row);
        let decided = drowse(&DrowseFacts {
            thresholds,
            idle,
            is_working: asleep.is_none() && work.ongoing > 0,
            asleep: asleep.map(|tier| tier.max(row.asleep)),
            deepest: control.inner.provider.capabilities().deepest_sleep,
            due_in: row.due.as_ref().map(|due| elapsed(now, due.at)),
        });
        let stay = match decided {
            Drowse::Stay(stay) => Some(stay),
            Drowse::To(_) => None,
        };
        control.inner.vigils.put(
            row.id,
            Vigil {
                at: now,
                thresholds,
                idle,
                requests: edge.ongoing,
                uses: uses.ongoing,
                calls: calls.ongoing,
                stay,
                refused: None,
            },
        );
        let is_refused = self.asked.get(&row.id).is_some_and(|again| *again > steady);
        match decided {
            Drowse::To(tier) if !is_refused => {
                let idle_since = now.checked_sub(idle).unwrap_or(now);
                Some((tier, row.idle_since.filter(|_| asleep.is_some()).unwrap_or(idle_since)))
            }
            _ => None,
        }
    }

    fn thresholds(&self, control: &Control, row: &Smartbox) -> Thresholds {
        let of_org = self.orgs.get(&row.org).copied().unwrap_or_default();
        let of_tier = self.tiers.get(&row.tier).copied().unwrap_or_default();
        let mut resolved = Thresholds::resolve(row.sleep, of_org, of_tier, control.inner.sleep);
        if let (true, Threshold::After(after)) = (self.quiet.contains(&row.id), resolved.frozen) {
            resolved.frozen = Threshold::After(after.min(AFTER_SCHEDULE));
        }
        resolved
    }
}

/// Whether a door saw something since the box is awake.
fn is_newer(seen: &WorkSeen, awake: Duration) -> bool {
    seen.ongoing > 0 || seen.ended.is_some_and(|ended| ended < awake)
}

/// Time from one moment to another; none when the clock was set back in between.
fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}
