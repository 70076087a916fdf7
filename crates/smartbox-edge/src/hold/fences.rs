//! The fences of all boxes: shut and opened by whoever puts boxes to sleep, and looked after.

use std::sync::Arc;

use smartbox_core::BoxId;

use super::Hold;
use super::gate::Gate;
use crate::ingress::{Busy, Work};
use crate::routes::RouteTable;

impl Hold {
    /// See [`crate::Ingress::close`].
    pub(crate) fn shut(&self, id: BoxId) -> Result<(), Busy> {
        // The entry is in the map before it is shut, and stays there while it is: nobody gets another one.
        let gates = self.gates_with(id);
        let Some(gate) = gates.get(&id) else { return Err(Busy) };
        let generation = self.routes.borrow().route(id).map_or(0, |route| route.generation);
        let is_wanted = || gate.held(self.config.hold_box_max) > 0;
        if gate.fence.close(generation, is_wanted) { Ok(()) } else { Err(Busy) }
    }

    /// See [`crate::Ingress::open`].
    pub(crate) fn reopen(&self, id: BoxId) {
        let gate = self.gates().get(&id).map(Arc::clone);
        if let Some(gate) = gate {
            gate.fence.open();
        }
    }

    /// See [`crate::Ingress::work`].
    pub(crate) fn work(&self, id: BoxId) -> Work {
        let gates = self.gates();
        let Some(gate) = gates.get(&id) else { return Work::default() };
        Work {
            requests: gate.fence.under_way(),
            sockets: gate.fence.sockets(),
            held: gate.held(self.config.hold_box_max),
            last_work: gate.fence.last_work(),
        }
    }

    /// Follows the boxes, lets held sockets tick, and forgets boxes that nobody asks for.
    pub(crate) fn prune(&self, table: &RouteTable) {
        let clock = || (self.clock)().as_millisecond();
        self.gates().retain(|id, gate| {
            gate.fence.follow(table.route(*id));
            gate.fence.tick(self.config.tick_interval, clock);
            let is_known = gate.fence.is_shut() || gate.fence.last_work().is_some() && !table.is_gone(*id);
            is_known || Arc::strong_count(gate) > 1
        });
    }
}

impl Gate {
    /// How many wait in the queue.
    fn held(&self, places: usize) -> usize {
        places.saturating_sub(self.places.available_permits())
    }
}
