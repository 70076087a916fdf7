//! Requests that wait for a box: woken once, released in the order they came, never more than there are places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use smartbox_core::{BoxId, Principal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::body::deadline;
use crate::config::EdgeConfig;
use crate::pool::{Conn, Pool};
use crate::ports::{EdgePorts, Wake, WakeRefused};
use crate::problem::{Problem, box_not_found};
use crate::routes::{Route, RouteState, RouteTable};

/// When to try again after the wait for a start was too long.
const RETRY_STARTING: Duration = Duration::from_secs(5);
/// When to try again after there was no place to wait.
const RETRY_FULL: Duration = Duration::from_secs(10);
/// When to try again after the platform was told to stop: a restart of it takes a second.
const RETRY_STOPPING: Duration = Duration::from_secs(2);

/// What is remembered of one box while requests are under way to it.
struct Gate {
    /// Requests and sockets under way, held ones included.
    in_flight: Arc<Semaphore>,
    /// Places in the queue.
    places: Arc<Semaphore>,
    /// The head of the queue. Tokio's semaphore is fair: turns come in the order of arrival, and a request that
    /// leaves the queue gives up its place in it.
    head: Arc<Semaphore>,
    /// The latest decision about waking, so that a burst of requests asks once.
    decided: tokio::sync::Mutex<Option<(Instant, Result<(), WakeRefused>)>>,
}

/// Counts a request or socket of a box while it lives.
pub(crate) struct InFlight {
    gate: Arc<Gate>,
    _permit: OwnedSemaphorePermit,
}

/// The head of a queue, and the places that the request takes in it. The next one moves up when it is dropped.
pub(crate) struct Turn {
    _head: OwnedSemaphorePermit,
    _places: [OwnedSemaphorePermit; 2],
}

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
}

/// Holds requests.
pub(crate) struct Hold {
    config: Arc<EdgeConfig>,
    gates: Mutex<HashMap<BoxId, Arc<Gate>>>,
    places: Arc<Semaphore>,
    wake: Arc<dyn Wake>,
    routes: watch::Receiver<Arc<RouteTable>>,
    pool: Arc<Pool>,
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
            Ok(permit) => Ok(InFlight { gate, _permit: permit }),
            Err(_none_left) => Err(box_busy()),
        }
    }

    /// Whether requests wait for this box: a new one must not overtake them.
    pub(crate) fn has_queue(&self, in_flight: &InFlight) -> bool {
        in_flight.gate.places.available_permits() < self.config.hold_box_max
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
        let decide = async {
            let mut decided = in_flight.gate.decided.lock().await;
            if let Some((at, outcome)) = &*decided
                && at.elapsed() < self.config.wake_spacing
            {
                return outcome.clone();
            }
            let outcome = self.wake.wake(id, principal).await;
            *decided = Some((Instant::now(), outcome.clone()));
            outcome
        };
        match tokio::time::timeout(self.config.wake_timeout, decide).await {
            Ok(outcome) => outcome.map_err(Problem::from),
            Err(_elapsed) => Err(wake_timeout()),
        }
    }

    /// Waits, in the order of arrival, until the box is ready and its gateway takes a connection.
    ///
    /// Dropping the future gives up the place.
    ///
    /// # Errors
    /// No place is left, the time is over, the box may not wake, or it failed.
    pub(crate) async fn wait(&self, waiter: &Waiter<'_>) -> Result<Opened, Problem> {
        let gate = &waiter.in_flight.gate;
        let total = Arc::clone(&self.places).try_acquire_owned();
        let own = Arc::clone(&gate.places).try_acquire_owned();
        let (Ok(total), Ok(own)) = (total, own) else { return Err(queue_full()) };
        let opened = async move {
            // The semaphore is never closed.
            let head = Arc::clone(&gate.head).acquire_owned().await.map_err(|_closed| stopping())?;
            self.open(waiter, Turn { _head: head, _places: [total, own] }).await
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(stopping()),
            outcome = tokio::time::timeout_at(deadline(waiter.timeout), opened) => {
                outcome.unwrap_or_else(|_elapsed| Err(still_starting()))
            }
        }
    }

    /// Forgets boxes that nobody asks for.
    pub(crate) fn prune(&self) {
        self.gates().retain(|_id, gate| Arc::strong_count(gate) > 1);
    }

    async fn open(&self, waiter: &Waiter<'_>, turn: Turn) -> Result<Opened, Problem> {
        let mut routes = self.routes.clone();
        let mut woken = false;
        loop {
            let route = routes.borrow_and_update().get(waiter.principal, waiter.id).map(Arc::clone);
            let route = route.ok_or_else(box_not_found)?;
            let mut pause = None;
            match &route.state {
                RouteState::Ready => match self.pool.connect(&route).await {
                    Ok(conn) => return Ok(Opened { route, conn, turn: Some(turn) }),
                    // The table is older than the box: it is just being stopped or restarted.
                    Err(_unreachable) => pause = Some(self.config.redial_pause),
                },
                RouteState::Waiting { .. } => {}
                RouteState::Stopped { .. } if !woken => {
                    self.wake(waiter.id, waiter.principal, waiter.in_flight).await?;
                    woken = true;
                }
                RouteState::Stopped { .. } => {}
                RouteState::Failed { .. } | RouteState::Gone => return Err(closed(&route)),
            }
            changed(&mut routes, pause).await;
        }
    }

    fn gate(&self, id: BoxId) -> Arc<Gate> {
        let new = || {
            Arc::new(Gate {
                in_flight: Arc::new(Semaphore::new(self.config.box_in_flight_max)),
                places: Arc::new(Semaphore::new(self.config.hold_box_max)),
                head: Arc::new(Semaphore::new(1)),
                decided: tokio::sync::Mutex::default(),
            })
        };
        Arc::clone(self.gates().entry(id).or_insert_with(new))
    }

    fn gates(&self) -> std::sync::MutexGuard<'_, HashMap<BoxId, Arc<Gate>>> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for another route table, or for `pause` at most.
async fn changed(routes: &mut watch::Receiver<Arc<RouteTable>>, pause: Option<Duration>) {
    let change = async {
        if routes.changed().await.is_err() {
            // Nobody publishes any more; the last table stands.
            std::future::pending::<()>().await;
        }
    };
    match pause {
        None => change.await,
        Some(pause) => drop(tokio::time::timeout(pause, change).await),
    }
}

/// The answer for a box that takes no requests in its state.
pub(crate) fn closed(route: &Route) -> Problem {
    match &route.state {
        RouteState::Failed { title, detail, remedy, .. } => {
            let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "box-failed", title.clone());
            problem.detail = detail.clone().map(Into::into);
            problem.remedy = remedy.clone().map(Into::into);
            problem
        }
        RouteState::Gone => Problem::new(StatusCode::GONE, "box-gone", "The box is deleted")
            .remedy("Until it is removed for good, `smartbox box start` brings it back."),
        RouteState::Ready | RouteState::Waiting { .. } | RouteState::Stopped { .. } => still_starting(),
    }
}

fn still_starting() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "box-starting", "The box is still starting")
        .detail("It was asked to start and has not become ready in time.")
        .remedy("Try again in a moment. `smartbox box show` tells how far it has come.")
        .retry_after(RETRY_STARTING)
}

fn queue_full() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "box-queue-full", "Too many requests wait for this box")
        .remedy("Try again when it has started.")
        .retry_after(RETRY_FULL)
}

pub(crate) fn box_busy() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "box-busy", "Too many requests to this box are under way")
        .remedy("Try again in a moment, or close connections that are not needed.")
        .retry_after(RETRY_STOPPING)
}

fn stopping() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "edge-stopping", "The platform is restarting")
        .remedy("Try again in a moment. The box itself is not affected.")
        .retry_after(RETRY_STOPPING)
}

fn wake_timeout() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "wake-timeout", "The platform did not decide in time")
        .remedy("Try again in a moment.")
        .retry_after(RETRY_STARTING)
}

#[cfg(test)]
mod tests;
