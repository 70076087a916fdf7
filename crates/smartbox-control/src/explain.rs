//! Why a box is as it is: collects the facts and asks [`smartbox_core::explain`].

use jiff::Timestamp;
use smartbox_core::explain::{Because, Facts, Upgrade, Watch, explain};
use smartbox_core::sleep::{Effective, Thresholds};
use smartbox_core::wake::{HoldKind, WakeRefusal};
use smartbox_core::{Permission, Phase};
use smartbox_store::{Event, Smartbox};

use crate::fleet_view::phase_of;
use crate::vigil::Vigil;
use crate::{Control, Error, Op, SleepState};

/// Events that end a sleep or a start.
pub(crate) const RUNS: [&str; 3] = ["box.awake", "box.ready", "box.awake"];

/// Why a box is as it is.
#[derive(Clone, Debug)]
pub struct Why {
    /// The box.
    pub smartbox: Smartbox,
    /// The reasons, the one that counts most first.
    pub reasons: Vec<Because>,
    /// When its tiers of sleep begin, and who says so.
    pub effective: [Effective; 3],
    /// When the platform looked at what it does.
    pub looked_at: Option<Timestamp>,
    /// The event of its last wake or start: what woke it and how long that took.
    pub last_wake: Option<Event>,
}

impl Control {
    /// Why a box is as it is.
    pub async fn why(&self, op: &Op, reference: &str) -> Result<Why, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        let phase = phase_of(&smartbox);
        let effective = self.effective_sleep(&smartbox).await?;
        let block = match self.wake_gate(&smartbox).await {
            Ok(()) => None,
            Err(Error::WakeRefused(refusal)) => Some(refusal),
            Err(error) => return Err(error),
        };
        let held = match block {
            Some(WakeRefusal::Held(kind)) => self.hold_reason(&smartbox, kind).await?,
            _ => None,
        };
        let last_wake = self.inner.store.org(smartbox.org).latest_event(smartbox.id, RUNS).await?;
        let vigil = self.inner.vigils.find(smartbox.id);
        let [frozen, squeezed, stopped] = effective.map(|effective| effective.begins);
        let state = SleepState::of(&smartbox);
        let facts = Facts {
            now: self.inner.clock.now(),
            phase,
            since: smartbox.observed_at,
            asleep: state.as_ref().map(|state| state.tier),
            idle_since: smartbox.idle_since,
            thresholds: Thresholds { frozen, squeezed, stopped },
            watch: vigil.as_ref().filter(|_| phase == Phase::Running).map(watch),
            due: state.and_then(|state| state.due).map(|due| (due.at, due.why)),
            block,
            held,
            error: smartbox.last_error.as_ref().map(|error| error.what.clone()),
            waits_for_restart: self.waits_for_restart(&smartbox),
            upgrade: self.upgrade_story(&smartbox).await?,
        };
        let reasons = explain(&facts);
        let looked_at = facts.watch.and(vigil).map(|vigil| vigil.at);
        Ok(Why { smartbox, reasons, effective, looked_at, last_wake })
    }

    /// The upgrade that is under way, or the last one if the box is still without it.
    async fn upgrade_story(&self, smartbox: &Smartbox) -> Result<Option<Upgrade>, Error> {
        let newest = self.inner.store.org(smartbox.org).newest_upgrade(smartbox.id).await?;
        let is_told = |found: &smartbox_store::Upgrade| {
            found.finished_at.is_none() || smartbox.runtime_version != found.to
        };
        Ok(newest.filter(is_told).map(|found| Upgrade {
            stage: found.finished_at.is_none().then_some(found.stage),
            from: found.from,
            to: found.to,
            why: found.why,
        }))
    }

    /// Why a hold of this kind is there, in the words of whoever set it.
    async fn hold_reason(&self, smartbox: &Smartbox, kind: HoldKind) -> Result<Option<String>, Error> {
        let org = self.inner.store.org(smartbox.org);
        let own = org.box_hold(smartbox.id).await?;
        let mut holds = org.wake_holds().await?.into_iter().chain(own);
        Ok(holds.find(|hold| hold.kind == kind).map(|hold| hold.reason))
    }
}

fn watch(vigil: &Vigil) -> Watch {
    Watch {
        idle: vigil.idle,
        requests: vigil.requests,
        uses: vigil.uses,
        calls: vigil.calls,
        stay: vigil.stay,
        refused: vigil.refused.clone(),
    }
}
