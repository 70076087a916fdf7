//! How the fleet is, out of the picture that the reconcile loop publishes: no query, however many boxes there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use smartbox_core::{BoxId, OrgId, Permission, Phase, Selector};

use crate::{BoxState, Control, Error, Op};

/// Which part of the fleet is looked at.
#[derive(Clone, Debug, Default)]
pub struct FleetQuery {
    /// The boxes of this org; an admin who names none means every org.
    pub org: Option<OrgId>,
    /// What their labels have to be.
    pub selector: Option<Selector>,
    /// Those behind this one, in the order of their birth.
    pub after: Option<BoxId>,
    /// So many of them at most. All are counted.
    pub limit: usize,
}

/// The fleet in numbers, and some of its boxes.
#[derive(Clone, Default)]
pub struct FleetSummary {
    /// How many boxes are in each phase; one in which there is none is there with 0.
    pub counts: BTreeMap<&'static str, u64>,
    /// How many boxes there are.
    pub total: u64,
    /// The boxes, in the order of their birth.
    pub boxes: Vec<Arc<BoxState>>,
    /// The last one, if there are more.
    pub next: Option<BoxId>,
}

impl Control {
    /// The fleet as it was last seen, as far as it exists for the caller.
    ///
    /// # Errors
    /// [`Error::Lacks`].
    pub fn fleet_summary(&self, op: &Op, query: &FleetQuery) -> Result<FleetSummary, Error> {
        op.require_for_boxes(Permission::BoxesRead)?;
        let view = Arc::clone(&self.inner.fleet.borrow());
        let mut summary = FleetSummary {
            counts: Phase::ALL.into_iter().map(|phase| (phase.as_str(), 0)).collect(),
            ..FleetSummary::default()
        };
        for state in &view.boxes {
            let is_meant = op.principal.sees_box(state.org, state.id)
                && query.org.is_none_or(|org| org == state.org)
                && query.selector.as_ref().is_none_or(|selector| selector.matches(&state.labels));
            if !is_meant {
                continue;
            }
            summary.total += 1;
            *summary.counts.entry(state.phase.as_str()).or_default() += 1;
            if query.after.is_some_and(|after| state.id <= after) {
                continue;
            }
            if summary.boxes.len() < query.limit {
                summary.boxes.push(Arc::clone(state));
            } else if summary.next.is_none() {
                summary.next = summary.boxes.last().map(|last| last.id);
            }
        }
        Ok(summary)
    }

    /// The org that a query names; an admin who names none means all of them.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that does not exist for the caller.
    pub async fn org_of_query(&self, op: &Op, named: Option<&str>) -> Result<Option<OrgId>, Error> {
        match (op.principal.org(), named) {
            (None, None) => Ok(None),
            _ => self.resolve_org(op, named).await.map(Some),
        }
    }
}
