//! Whether the host has room for a box, and who could make some.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use smartbox_core::capacity::{
    Admission, AdmitFacts, Candidate, HostFacts, Nap, admit, whom_to_put_to_sleep,
};
use smartbox_core::{BoxId, Desired, Observed, SleepDepth, Tier};
use smartbox_store::{Smartbox, SystemActor};

use crate::{Control, Error};

impl Control {
    /// Refuses when the host has no room for `row` to run. One that has its memory already needs none.
    pub(crate) async fn require_room(&self, row: &Smartbox, tier: &Tier) -> Result<(), Error> {
        let needed_bytes = self.needed_bytes(row, tier).await;
        let Some(host) = self.inner.host.facts().filter(|_| needed_bytes > 0) else { return Ok(()) };
        let fleet = self.inner.store.fleet(SystemActor::new("room"));
        let tiers = tiers_by_name(fleet.tiers().await?);
        let rows = fleet.all_boxes().await?;
        let promised = rows.iter().filter(|other| other.id != row.id && is_on_its_way(other));
        let promised_bytes = promised.map(|other| guaranteed(&tiers, other)).fold(0, u64::saturating_add);
        let limits = &self.inner.limits.host;
        let facts = AdmitFacts { host: Some(&host), limits, needed_bytes, promised_bytes, starting: 0 };
        match admit(&facts) {
            // Busy CPUs delay a start, which the loop sees to; they are no reason to refuse one.
            Admission::Admitted | Admission::Later => Ok(()),
            Admission::NoRoom { needed_bytes, free_bytes } => {
                Err(Error::HostFull { needed_bytes, free_bytes })
            }
        }
    }

    /// Memory that the box takes beyond what it has.
    async fn needed_bytes(&self, row: &Smartbox, tier: &Tier) -> u64 {
        match &row.observed {
            Observed::Ready | Observed::Unready | Observed::Starting { .. } | Observed::Stopping => 0,
            Observed::Asleep(SleepDepth::Frozen) => 0,
            // What lies in swap comes back.
            Observed::Asleep(SleepDepth::Squeezed) => match self.inner.provider.memory(row.id).await {
                Ok(used) => used.map_or(0, |used| used.swap_bytes),
                Err(_unknown) => tier.memory_bytes,
            },
            Observed::Absent | Observed::Stopped | Observed::Dead(_) => tier.memory_bytes,
        }
    }

    /// Boxes that should sleep, or sleep more deeply, so that `needed_bytes` of memory come free: the least valuable
    /// first. Nothing is done here: whoever acts asks each one's gateway before.
    ///
    /// `describe` adds what the rows do not know: for how long a box has done no work, when its next schedule is due,
    /// whether its owner wants it awake, whether it works.
    ///
    /// # Errors
    /// The database fails. A box whose memory cannot be measured is left out.
    pub async fn make_room(
        &self,
        needed_bytes: u64,
        describe: impl Fn(&Smartbox) -> Activity,
    ) -> Result<Vec<Nap<BoxId>>, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("room"));
        let tiers = tiers_by_name(fleet.tiers().await?);
        let mut candidates = Vec::new();
        for row in fleet.all_boxes().await?.iter() {
            let depth = match row.observed {
                Observed::Ready => None,
                Observed::Asleep(depth) => Some(depth),
                _ => continue,
            };
            let Ok(Some(used)) = self.inner.provider.memory(row.id).await else { continue };
            let activity = describe(row);
            candidates.push(Candidate {
                id: row.id,
                depth,
                resident_bytes: used.pss_bytes,
                idle: activity.idle,
                due_in: activity.due_in,
                tier_bytes: guaranteed(&tiers, row),
                is_pinned: activity.is_pinned,
                is_busy: activity.is_busy,
            });
        }
        Ok(whom_to_put_to_sleep(&candidates, needed_bytes))
    }

    /// Memory by which the host is short of its reserve now; 0 where nothing is known.
    pub fn missing_memory(&self) -> u64 {
        let missing =
            |host: HostFacts| self.inner.limits.host.reserve(&host).saturating_sub(host.available_bytes);
        self.inner.host.facts().map_or(0, missing)
    }
}

/// What a box does, as far as its row does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// For how long it has done no work.
    pub idle: SignedDuration,
    /// When its next schedule is due, from now.
    pub due_in: Option<SignedDuration>,
    /// Its owner wants that it never sleeps.
    pub is_pinned: bool,
    /// It has work under way.
    pub is_busy: bool,
}

/// The starts of one pass of the loop: what they take is counted from one to the next.
#[derive(Default)]
pub(crate) struct Starts {
    host: Option<HostFacts>,
    tiers: BTreeMap<String, Tier>,
    promised_bytes: u64,
    starting: usize,
}

impl Starts {
    /// Looks at the host. `is_starting` says which boxes a start is under way of.
    pub(crate) async fn look<'r>(
        control: &Control,
        rows: impl IntoIterator<Item = &'r Smartbox>,
        is_starting: impl Fn(&Smartbox) -> bool,
    ) -> Result<Self, Error> {
        let host = control.inner.host.facts();
        let tiers = if host.is_some() {
            control.inner.store.fleet(SystemActor::new("room")).tiers().await?
        } else {
            Vec::new()
        };
        let tiers = tiers_by_name(tiers);
        let starting: Vec<_> = rows.into_iter().filter(|row| is_starting(row)).collect();
        let promised_bytes = starting.iter().map(|row| guaranteed(&tiers, row)).fold(0, u64::saturating_add);
        Ok(Self { host, starting: starting.len(), tiers, promised_bytes })
    }

    /// Whether one more box may start; counts it if it may.
    pub(crate) fn admit(&mut self, control: &Control, row: &Smartbox) -> Admission {
        let needed_bytes = guaranteed(&self.tiers, row);
        let admission = admit(&AdmitFacts {
            host: self.host.as_ref(),
            limits: &control.inner.limits.host,
            needed_bytes,
            promised_bytes: self.promised_bytes,
            starting: self.starting,
        });
        if admission == Admission::Admitted {
            self.promised_bytes = self.promised_bytes.saturating_add(needed_bytes);
            self.starting += 1;
        }
        admission
    }
}

/// It should run, and does not have all of its memory yet.
fn is_on_its_way(row: &Smartbox) -> bool {
    let has_none = matches!(
        row.observed,
        Observed::Absent | Observed::Stopped | Observed::Dead(_) | Observed::Starting { .. }
    );
    row.desired == Desired::Running && has_none && row.last_error.is_none()
}

fn guaranteed(tiers: &BTreeMap<String, Tier>, row: &Smartbox) -> u64 {
    tiers.get(&row.tier).map_or(0, |tier| tier.memory_bytes)
}

fn tiers_by_name(tiers: Vec<Tier>) -> BTreeMap<String, Tier> {
    tiers.into_iter().map(|tier| (tier.name.clone(), tier)).collect()
}
