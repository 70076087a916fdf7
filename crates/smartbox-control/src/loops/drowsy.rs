//! Which boxes are idle, and for how long: from what every door saw.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use smartbox_core::sleep::{Drowse, DrowseFacts, SleepPolicy, Threshold, Thresholds, drowse};
use smartbox_core::{BoxId, Desired, Observed, OrgId, SleepDepth, SleepTier};
use smartbox_store::{FleetStore, Smartbox};

use crate::room::Activity;
use crate::vigil::Vigil;
use crate::{Control, Error, WorkSeen};

/// How long a box stays awake that only a schedule has woken, once it is idle.
const AFTER_SCHEDULE: Duration = Duration::from_mins(1);

/// A box that did something so short a time ago is not put to sleep for its memory either.
const IDLE_MIN: Duration = Duration::from_secs(30);

/// What every door saw of a box.
struct Seen {
    edge: WorkSeen,
    uses: WorkSeen,
    calls: WorkSeen,
    /// For how long it is awake.
    awake: Duration,
    /// For how long nothing was to do.
    idle: Duration,
}

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
    pub(super) async fn refresh(&mut self, fleet: &FleetStore, rows: &[Arc<Smartbox>]) -> Result<(), Error> {
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

    /// Idle time begins anew with each time that a box is ready.
    pub(super) fn notice(&mut self, control: &Control, row: &Smartbox) {
        if matches!(row.observed, Observed::Ready) {
            self.awake_since.entry(row.id).or_insert_with(|| control.inner.clock.steady());
        } else {
            self.awake_since.remove(&row.id);
            self.asked.remove(&row.id);
        }
    }

    /// Whether and how far the box goes down now.
    pub(super) fn look(&mut self, control: &Control, row: &Smartbox) -> Option<(SleepTier, Timestamp)> {
        let steady = control.inner.clock.steady();
        let now = control.inner.clock.now();
        let asleep = match (row.desired, &row.observed) {
            (Desired::Running, Observed::Ready) => None,
            (Desired::Asleep, Observed::Asleep(SleepDepth::Frozen)) => Some(SleepTier::Frozen),
            (Desired::Asleep, Observed::Asleep(SleepDepth::Squeezed)) => Some(SleepTier::Squeezed),
            _ => return None,
        };
        let Seen { edge, uses, calls, awake, idle } = self.seen(control, row);
        if asleep.is_none() && [edge, uses].iter().any(|seen| is_newer(seen, awake)) {
            self.quiet.remove(&row.id);
        }
        let work = edge.and(uses).and(calls);
        let thresholds = self.thresholds(control, row);
        let decided = drowse(&DrowseFacts {
            thresholds,
            idle,
            is_working: asleep.is_none() && work.ongoing > 0,
            is_watched: work.watching > 0,
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

    /// What the box does, for whoever looks for memory.
    pub(super) fn activity(&self, control: &Control, row: &Smartbox) -> Activity {
        let seen = self.seen(control, row);
        let is_at_work = seen.edge.and(seen.uses).and(seen.calls).ongoing > 0;
        let is_asleep = matches!(row.observed, Observed::Asleep(_));
        let is_asked = self.asked.get(&row.id).is_some_and(|again| *again > control.inner.clock.steady());
        let now = control.inner.clock.now();
        Activity {
            idle: SignedDuration::try_from(seen.idle).unwrap_or(SignedDuration::MAX),
            due_in: row.due.as_ref().map(|due| due.at.duration_since(now)),
            is_pinned: self.thresholds(control, row).frozen == Threshold::Never,
            is_busy: !is_asleep && (is_at_work || is_asked || seen.idle < IDLE_MIN),
        }
    }

    fn seen(&self, control: &Control, row: &Smartbox) -> Seen {
        let steady = control.inner.clock.steady();
        let awake_since = self.awake_since.get(&row.id).copied().unwrap_or(steady);
        let (edge, uses, calls) = (
            control.inner.ingress.work(row.id),
            control.inner.uses.work(row.id),
            control.inner.doors.work(row.id),
        );
        let awake = steady.saturating_sub(awake_since);
        let idle = match (row.observed.clone(), row.idle_since) {
            (Observed::Asleep(_), Some(since)) => elapsed(since, control.inner.clock.now()),
            (Observed::Asleep(_), None) => Duration::ZERO,
            _ => edge.and(uses).and(calls).ended.map_or(awake, |ended| ended.min(awake)),
        };
        Seen { edge, uses, calls, awake, idle }
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
