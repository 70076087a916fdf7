//! Requests that wait for a box: woken once, released in the order they came, never more than there are places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::{BoxId, Principal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::body::deadline;
use crate::config::EdgeConfig;
use crate::fence::Lull;
use crate::pool::{Conn, Pool};
use crate::ports::{EdgePorts, Wake};
use crate::problem::{Problem, box_not_found};
use crate::routes::{Route, RouteState, RouteTable};

mod fences;
mod gate;
mod line;
mod refusals;

pub(crate) use gate::{InFlight, Turn};
pub(crate) use line::{Line, Pass};
pub(crate) use refusals::{box_busy, box_stopped, closed};

use gate::{Decided, Gate, Occasion};
use refusals::{box_asleep, queue_full, still_starting, stopping, wake_timeout};

/// A box that is ready, with a connection to its gateway.
pub(crate) struct Opened {
    pub(crate) route: Arc<Route>,
    pub(crate) conn: Conn,
    /// Dropped when the request is on its way. `None` if it did not wait.
    pub(crate) turn: Option<Turn>,
}

/// Who waits for what.
pub(crate) struct Waiter<'a> {
    pub(crate) id: BoxId,
    pub(crate) principal: &'a Principal,
    pub(crate) in_flight: &'a InFlight,
    pub(crate) timeout: Duration,
    /// Whether it would be a socket: those do not start what somebody has stopped.
    pub(crate) is_socket: bool,
}

/// Holds requests.
pub(crate) struct Hold {
    config: Arc<EdgeConfig>,
    gates: Mutex<HashMap<BoxId, Arc<Gate>>>,
    places: Arc<Semaphore>,
    wake: Arc<dyn Wake>,
    routes: watch::Receiver<Arc<RouteTable>>,
    pool: Arc<Pool>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    stop: CancellationToken,
}

impl Hold {
    pub(crate) fn new(
        config: Arc<EdgeConfig>,
        ports: &EdgePorts,
        pool: Arc<Pool>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            gates: Mutex::default(),
            places: Arc::new(Semaphore::new(config.hold_total_max)),
            wake: Arc::clone(&ports.wake),
            routes: ports.routes.clone(),
            clock: Arc::clone(&ports.clock),
            config,
            pool,
            stop,
        }
    }

    /// Counts a request to the box.
    ///
    /// # Errors
    /// The box has more under way than is allowed.
    pub(crate) fn enter(&self, id: BoxId) -> Result<InFlight, Problem> {
        let gate = self.gate(id);
        match Arc::clone(&gate.in_flight).try_acquire_owned() {
            Ok(permit) => Ok(InFlight::new(gate, permit)),
            Err(_none_left) => Err(box_busy()),
        }
    }

    /// Whether requests wait for this box: a new one must not overtake them.
    pub(crate) fn has_queue(&self, in_flight: &InFlight) -> bool {
        in_flight.gate.places.available_permits() < self.config.hold_box_max
    }

    /// Requests and sockets of a box that are under way, and those of them that wait.
    pub(crate) fn under_way(&self, id: BoxId) -> (usize, usize) {
        let gates = self.gates();
        gates.get(&id).map_or((0, 0), |gate| {
            let taken = |all: usize, left: usize| all.saturating_sub(left);
            let in_flight = taken(self.config.box_in_flight_max, gate.in_flight.available_permits());
            (in_flight, taken(self.config.hold_box_max, gate.places.available_permits()))
        })
    }

    /// Asks for the box to run. A decision made a moment ago counts.
    ///
    /// # Errors
    /// The box may not wake.
    pub(crate) async fn wake(
        &self,
        id: BoxId,
        principal: &Principal,
        in_flight: &InFlight,
    ) -> Result<(), Problem> {
        let occasion = self.occasion(id, in_flight);
        let decide = async {
            let mut decided = in_flight.gate.decided.lock().await;
            if let Some(known) = &*decided
                && known.occasion == occasion
                && known.at.elapsed() < self.config.wake_spacing
            {
                return known.outcome.clone();
            }
            let outcome = self.wake.wake(id, principal).await;
            *decided = Some(Decided { at: Instant::now(), occasion, outcome: outcome.clone() });
            outcome
        };
        match tokio::time::timeout(self.config.wake_timeout, decide).await {
            Ok(outcome) => outcome.map_err(Problem::from),
            Err(_elapsed) => Err(wake_timeout()),
        }
    }

    fn occasion(&self, id: BoxId, in_flight: &InFlight) -> Occasion {
        let openings = in_flight.gate.fence.openings();
        let is_asleep = self
            .routes
            .borrow()
            .route(id)
            .is_some_and(|route| matches!(route.state, RouteState::Asleep { .. }));
        Occasion { openings, is_asleep }
    }

    /// Waits, in the order of arrival, until the box is ready and its gateway takes a connection.
    ///
    /// Dropping the future gives up the place.
    ///
    /// # Errors
    /// No place is left, the time is over, the box may not wake, or it failed.
    pub(crate) async fn wait(&self, waiter: &Waiter<'_>) -> Result<Opened, Problem> {
        let places = self.places(waiter)?;
        self.within(waiter, async {
            let turn = self.turn(waiter, places).await?;
            self.open(waiter, turn).await
        })
        .await
    }

    /// A place in the queue.
    fn places(&self, waiter: &Waiter<'_>) -> Result<[OwnedSemaphorePermit; 2], Problem> {
        let total = Arc::clone(&self.places).try_acquire_owned();
        let own = Arc::clone(&waiter.in_flight.gate.places).try_acquire_owned();
        let (Ok(total), Ok(own)) = (total, own) else { return Err(queue_full()) };
        Ok([total, own])
    }

    /// Waits for the head of the queue.
    async fn turn(&self, waiter: &Waiter<'_>, places: [OwnedSemaphorePermit; 2]) -> Result<Turn, Problem> {
        // The semaphore is never closed.
        let head = Arc::clone(&waiter.in_flight.gate.head).acquire_owned().await;
        Ok(Turn { _head: head.map_err(|_closed| stopping())?, _places: places })
    }

    /// Bounds a wait.
    async fn within<T>(
        &self,
        waiter: &Waiter<'_>,
        waiting: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(stopping()),
            outcome = tokio::time::timeout_at(deadline(waiter.timeout), waiting) => {
                outcome.unwrap_or_else(|_elapsed| Err(still_starting()))
            }
        }
    }

    async fn open(&self, waiter: &Waiter<'_>, turn: Turn) -> Result<Opened, Problem> {
        let (mut routes, mut lull) = (self.routes.clone(), waiter.in_flight.gate.fence.watch());
        let mut asked = None;
        loop {
            let is_waking = lull.borrow_and_update().was_asleep;
            let route = routes.borrow_and_update().get(waiter.principal, waiter.id).map(Arc::clone);
            let route = route.ok_or_else(box_not_found)?;
            let mut pause = None;
            let needs_wake = match &route.state {
                RouteState::Ready if waiter.in_flight.begin() => match self.pool.connect(&route).await {
                    Ok(conn) => return Ok(Opened { route, conn, turn: Some(turn) }),
                    // The table is older than the box: it is just being stopped or restarted.
                    Err(_unreachable) => {
                        waiter.in_flight.rest();
                        pause = Some(self.config.redial_pause);
                        false
                    }
                },
                // It falls asleep just now, or its fence is about to open.
                RouteState::Ready => !is_waking,
                RouteState::Asleep { .. } => true,
                RouteState::Waiting { .. } => false,
                RouteState::Stopped { by_owner: true, .. } if waiter.is_socket => return Err(box_stopped()),
                RouteState::Stopped { .. } => true,
                RouteState::Failed { .. } | RouteState::Gone => return Err(closed(&route)),
            };
            let is_by_owner = matches!(&route.state, RouteState::Stopped { by_owner: true, .. });
            if needs_wake && waiter.in_flight.is_quiet && !is_by_owner {
                return Err(box_asleep());
            }
            let occasion = Some(self.occasion(waiter.id, waiter.in_flight));
            if needs_wake && asked != occasion {
                self.wake(waiter.id, waiter.principal, waiter.in_flight).await?;
                asked = occasion;
            }
            changed(&mut routes, &mut lull, pause).await;
        }
    }

    fn gate(&self, id: BoxId) -> Arc<Gate> {
        Arc::clone(self.gates().entry(id).or_insert_with(|| Arc::new(Gate::new(&self.config))))
    }

    fn gates_with(&self, id: BoxId) -> MutexGuard<'_, HashMap<BoxId, Arc<Gate>>> {
        let mut gates = self.gates();
        gates.entry(id).or_insert_with(|| Arc::new(Gate::new(&self.config)));
        gates
    }

    fn gates(&self) -> MutexGuard<'_, HashMap<BoxId, Arc<Gate>>> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for another route table or another state of the fence, or for `pause` at most.
async fn changed(
    routes: &mut watch::Receiver<Arc<RouteTable>>,
    lull: &mut watch::Receiver<Lull>,
    pause: Option<Duration>,
) {
    let published = async {
        if routes.changed().await.is_err() {
            // Nobody publishes any more; the last table stands.
            std::future::pending::<()>().await;
        }
    };
    let change = async {
        tokio::select! {
            () = published => {}
            _changed = lull.changed() => {}
        }
    };
    match pause {
        None => change.await,
        Some(pause) => drop(tokio::time::timeout(pause, change).await),
    }
}

#[cfg(test)]
pub(crate) mod tests;
