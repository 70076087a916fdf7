//! What limits boxes, as the data plane needs to know it: an immutable picture.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use smartbox_core::ledger::{Bound, Measure, Span, bytes_left, judge};
use smartbox_core::{BoxId, OrgId};
use smartbox_store::{BoxStanding, EgressUsage, OrgStanding, SystemActor};
use tokio::sync::watch;

use crate::spend::words;
use crate::{Control, Error};

/// Who acts here.
const ACTOR: &str = "allowances";

/// What each box has left. What is not in it has no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    /// Whether the database was read since the start.
    pub(crate) is_known: bool,
    /// Orgs that a plan or budget limits, theirs or that of a box.
    pub(crate) orgs: HashSet<OrgId>,
    /// Their boxes.
    pub boxes: HashMap<BoxId, Allowance>,
}

/// What one box has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whose it is.
    pub org: OrgId,
    /// Bytes that may pass the forward proxy until something is used up; `None`: no limit on them.
    pub bytes_left: Option<u64>,
    /// What would be too much then: a stable word.
    pub what: &'static str,
    /// How much of it there is, in its own unit.
    pub current: u64,
    /// How much there may be.
    pub limit: u64,
    /// When counting begins anew.
    pub resets_at: Timestamp,
    /// All of it in a sentence for people and agents.
    pub message: String,
}

impl Control {
    /// What limits boxes, always the latest.
    pub fn allowances(&self) -> watch::Receiver<Arc<Allowances>> {
        self.inner.allowances.subscribe()
    }

    /// Whether it is known that nothing limits a box.
    pub(crate) fn is_unlimited(&self, id: BoxId) -> bool {
        let allowances = self.inner.allowances.borrow();
        if !allowances.is_known || allowances.boxes.contains_key(&id) {
            return false;
        }
        let fleet = self.inner.fleet.borrow();
        // A box that is not in the picture of the fleet yet may belong to anybody.
        fleet.boxes.iter().any(|state| state.id == id && !allowances.orgs.contains(&state.org))
    }

    /// Reads what limits boxes and publishes it. To be called once before boxes are served, and after every change of what an org or
    /// plan may.
    pub async fn publish_allowances(&self) -> Result<(), Error> {
        let _alone = self.inner.allowances_publishing.lock().await;
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let now = self.inner.clock.now();
        let mut picture = Allowances { is_known: true, ..Allowances::default() };
        for org in fleet.limited_orgs().await? {
            if let Some(standing) = fleet.org_standing(org, now).await? {
                picture.put(&standing, now);
            }
        }
        self.publish(picture);
        Ok(())
    }

    /// The same for some orgs alone.
    pub(crate) async fn publish_allowances_of(&self, orgs: &BTreeSet<OrgId>) -> Result<(), Error> {
        if orgs.is_empty() {
            return Ok(());
        }
        let _alone = self.inner.allowances_publishing.lock().await;
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let now = self.inner.clock.now();
        let mut picture = Allowances::clone(&self.inner.allowances.borrow());
        for org in orgs {
            picture.forget(*org);
            if let Some(standing) = fleet.org_standing(*org, now).await? {
                picture.put(&standing, now);
            }
        }
        self.publish(picture);
        Ok(())
    }

    /// The same for one org after a change that stands in any case; what cannot be read now is read by the monitor.
    pub(crate) async fn learn_allowances(&self, org: OrgId) {
        if let Err(error) = self.publish_allowances_of(&std::iter::once(org).collect()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what boxes have left could not be read"
            );
        }
    }

    fn publish(&self, picture: Allowances) {
        // Each publication makes every open tunnel look.
        self.inner.allowances.send_if_modified(|now| {
            let is_new = **now != picture;
            if is_new {
                *now = Arc::new(picture);
            }
            is_new
        });
    }

    /// What was just recorded is not left any more: at once, so that no box has it twice while the database is read.
    pub(crate) async fn take_from_allowances(&self, used: &[EgressUsage]) -> Result<(), Error> {
        let touched: BTreeSet<OrgId> = {
            let allowances = self.inner.allowances.borrow();
            used.iter().filter_map(|used| Some(allowances.boxes.get(&used.box_id)?.org)).collect()
        };
        self.publish_allowances_of(&touched).await
    }
}

impl Allowances {
    fn forget(&mut self, org: OrgId) {
        self.orgs.remove(&org);
        self.boxes.retain(|_, allowance| allowance.org != org);
    }

    fn put(&mut self, standing: &OrgStanding, now: Timestamp) {
        if standing.is_unlimited() {
            return;
        }
        self.orgs.insert(standing.terms.org);
        let of_plan = plan_allowance(standing, now);
        for one in &standing.boxes {
            self.boxes.insert(one.id, allowance(standing, one, of_plan.clone(), now));
        }
    }
}

/// What the plan leaves to every box of an org.
fn plan_allowance(standing: &OrgStanding, now: Timestamp) -> Allowance {
    let terms = &standing.terms;
    let left = bytes_left(terms.plan(), &standing.used, terms.overage_nanos);
    let resets_at = terms.resets_at(Span::Month, now);
    let excess = judge(terms.plan(), &standing.used, terms.overage_nanos).excess().unwrap_or_else(|| {
        let limit = terms.plan().limits.bytes.unwrap_or(u64::MAX);
        smartbox_core::ledger::Excess {
            measure: Measure::Bandwidth,
            current: standing.used.bytes,
            limit,
            cost: (terms.plan().rates.bytes > 0).then_some(0),
        }
    });
    // A plan can be over for something else than bytes, without any limit on these.
    let is_over = judge(terms.plan(), &standing.used, terms.overage_nanos).excess().is_some();
    Allowance {
        org: terms.org,
        bytes_left: if is_over { Some(0) } else { left },
        what: excess.measure.as_str(),
        current: excess.current,
        limit: excess.limit,
        resets_at,
        message: words::plan(&terms.plan.name, &excess, terms.overage_nanos, resets_at),
    }
}

/// The tightest of what limits one box.
fn allowance(standing: &OrgStanding, one: &BoxStanding, of_plan: Allowance, now: Timestamp) -> Allowance {
    let of_bytes = |bound: &&Bound| bound.measure == Measure::Bandwidth;
    let left = |bound: &Bound| bound.limit.saturating_sub(bound.current);
    let tightest = standing.bounds.iter().chain(&one.bounds).filter(of_bytes).min_by_key(|bound| left(bound));
    match tightest {
        Some(bound) if of_plan.bytes_left.is_none_or(|most| left(bound) < most) => {
            let resets_at = standing.terms.resets_at(bound.span, now);
            Allowance {
                org: of_plan.org,
                bytes_left: Some(left(bound)),
                what: bound.measure.as_str(),
                current: bound.current,
                limit: bound.limit,
                resets_at,
                message: words::budget(bound, None, resets_at),
            }
        }
        _ => of_plan,
    }
}
