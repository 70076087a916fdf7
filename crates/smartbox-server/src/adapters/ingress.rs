//! The edge as control sees it: a fence around each box, and what goes through.

use std::sync::OnceLock;

use smartbox_control::{Ingress, WorkSeen};
use smartbox_core::BoxId;

/// The edge, once there is one: control is made before it.
#[derive(Default)]
pub(crate) struct EdgeIngress(OnceLock<smartbox_edge::Ingress>);

impl EdgeIngress {
    /// The edge is there.
    pub(crate) fn set(&self, ingress: smartbox_edge::Ingress) {
        // There is one edge, so this is the only call.
        let _ = self.0.set(ingress);
    }
}

impl Ingress for EdgeIngress {
    fn close(&self, id: BoxId) -> Result<(), u32> {
        match self.0.get() {
            Some(edge) => edge.close(id).map_err(|_busy| self.work(id).ongoing.max(1)),
            None => Ok(()),
        }
    }

    fn open(&self, id: BoxId) {
        if let Some(edge) = self.0.get() {
            edge.open(id);
        }
    }

    fn work(&self, id: BoxId) -> WorkSeen {
        let Some(edge) = self.0.get() else { return WorkSeen::default() };
        let work = edge.work(id);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        WorkSeen {
            ongoing: count(work.requests.saturating_add(work.held)),
            ended: work.last_work.map(|at| at.elapsed()),
            watching: count(work.sockets),
        }
    }
}
