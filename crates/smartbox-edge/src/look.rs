//! What the edge has in its hands at a moment, for whoever runs it.

use std::sync::Arc;

use smartbox_core::BoxId;

use crate::edge::Shared;
use crate::routes::{Route, RouteState};

/// Most boxes that are told of one by one.
const BOXES_MAX: usize = 1000;

/// Looks at the edge. Cheap to clone.
#[derive(Clone)]
pub struct EdgeLook(pub(crate) Arc<Shared>);

/// The edge at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeStanding {
    /// Connections of clients.
    pub connections: usize,
    /// Upgraded ones.
    pub sockets: usize,
    /// Connections to gateways and upstreams that have a task.
    pub upstream: usize,
    /// How many boxes it knows.
    pub boxes: usize,
    /// Boxes, those with the most under way first; not more than a thousand.
    pub routes: Vec<RouteStanding>,
}

/// A box at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteStanding {
    /// Which box.
    pub id: BoxId,
    /// Whether it can take requests.
    pub state: &'static str,
    /// Its incarnation.
    pub generation: i64,
    /// Requests and sockets under way.
    pub in_flight: usize,
    /// Those of them that wait for it.
    pub waiting: usize,
}

impl EdgeLook {
    /// What it is now. Each number is of its own moment.
    pub fn read(&self) -> EdgeStanding {
        let shared = &self.0;
        let table = Arc::clone(&shared.ports.routes.borrow());
        let mut routes: Vec<_> = table.all().map(|route| self.of(route)).collect();
        // By id where as much is under way, so that two looks can be compared.
        routes.sort_unstable_by_key(|route| (std::cmp::Reverse(route.in_flight), route.id));
        let boxes = routes.len();
        routes.truncate(BOXES_MAX);
        EdgeStanding {
            connections: shared.connections.len(),
            sockets: shared.tunnels.len(),
            upstream: shared.upstream.len(),
            boxes,
            routes,
        }
    }

    fn of(&self, route: &Route) -> RouteStanding {
        let (in_flight, waiting) = self.0.hold.under_way(route.id);
        RouteStanding {
            id: route.id,
            state: word(&route.state),
            generation: route.generation,
            in_flight,
            waiting,
        }
    }
}

const fn word(state: &RouteState) -> &'static str {
    match state {
        RouteState::Ready => "ready",
        RouteState::Waiting { .. } => "waiting",
        RouteState::Asleep { .. } => "asleep",
        RouteState::Stopped { .. } => "stopped",
        RouteState::Failed { .. } => "failed",
        RouteState::Gone => "gone",
    }
}
